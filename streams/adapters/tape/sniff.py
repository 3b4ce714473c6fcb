"""What a file is: its format and the roles of its columns, from the options and its head."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from streams.adapters.tape import debs
from streams.adapters.tape.column_names import candidates, is_known, listed, only
from streams.adapters.tape.file import TapeFile
from streams.adapters.tape.head import Head, read_head
from streams.adapters.tape.inflate import PARQUET, magic
from streams.adapters.tape.numbers import blank, numbers
from streams.adapters.tape.parquet import parquet_head
from streams.adapters.tape.plan import Format, Plan, ReadOptions
from streams.adapters.tape.time_column import check_zone, find_time
from streams.adapters.tape.times import DAY_MS
from streams.adapters.tape.wide import is_missing
from streams.domain.errors import InputError
from streams.domain.screen import symbol_fault

_PRICES: dict[Format, tuple[str, ...]] = {
    Format.TICKS: ("price",),
    Format.QUOTES: ("bid", "ask"),
    Format.CANDLES: ("open", "high", "low", "close"),
}


def plan_for(file: TapeFile, options: ReadOptions) -> Plan | None:
    """How to read a file; None for one without a row, which is a tape of nothing.

    Raises InputError (or ConfigError) that names the columns seen and the option to set.
    """
    check_zone(options.tz)
    parquet = magic(file.path) == PARQUET
    head = parquet_head(file) if parquet else read_head(file)
    if head is None or not head.rows:
        return None
    try:
        plan = _plan(head, options)
    except InputError as error:
        raise InputError(f"{file.name}: {error}") from error
    plan = replace(
        plan,
        names=head.names,
        delimiter=head.delimiter,
        skip_lines=head.skip_lines,
        parquet=parquet,
        tz=options.tz,
    )
    return plan if "symbol" in plan.roles or plan.cells else _with_symbol(file, plan, options)


def _with_symbol(file: TapeFile, plan: Plan, options: ReadOptions) -> Plan:
    """A file of one symbol: it must be named."""
    if options.symbol is None:
        raise InputError(
            f"{file.name}: expected a symbol column, was {listed(plan.names)}: "
            "say --symbol NAME or --symbol-column"
        )
    fault = symbol_fault(options.symbol)
    if fault is not None:
        raise InputError(f"--symbol: {fault}")
    return replace(plan, symbol=options.symbol)


def _plan(head: Head, options: ReadOptions) -> Plan:
    kind = options.format if options.format is not Format.AUTO else _recognise(head, options)
    makers: dict[Format, Callable[[Head, ReadOptions], Plan]] = {
        Format.DEBS: lambda head, _: debs.plan(head),
        Format.WIDE: _wide,
        Format.QUOTES: _quotes,
    }
    maker = makers.get(kind)
    return maker(head, options) if maker else _columns(kind, head, head.sample(), options)


def _recognise(head: Head, options: ReadOptions) -> Format:
    names = head.names
    if debs.looks_like(head):
        return Format.DEBS
    if options.price_column is not None:
        return Format.TICKS
    for kind in (Format.CANDLES, Format.TICKS, Format.QUOTES):
        if all(candidates(names, role) for role in _PRICES[kind]):
            return kind
    if not head.header and _bare_quotes(head):
        return Format.QUOTES
    if head.header and _looks_wide(head):
        return Format.WIDE
    raise InputError(
        f"format: expected columns of a known format, was {listed(names)}: "
        "set --format, or name columns with --time-column, --price-column and --symbol-column"
    )


def _columns(kind: Format, head: Head, sample: dict[int, Any], options: ReadOptions) -> Plan:
    """Ticks, quotes and candles: one event a row."""
    names = head.names
    roles = _price_roles(kind, names, options)
    for role in ("symbol", "size"):
        at = only(names, role, options)
        if at is not None:
            roles[role] = at
    time = find_time(names, sample, options)
    roles["time"] = time.at
    if time.date is not None:
        roles["date"] = time.date
    return Plan(
        kind,
        names,
        roles,
        unit=time.unit,
        date_order=time.order,
        candle_time=options.candle_time,
    )


def _price_roles(kind: Format, names: Sequence[str], options: ReadOptions) -> dict[str, int]:
    """The columns that make up the price."""
    roles: dict[str, int] = {}
    for role in _PRICES[kind]:
        at = only(names, role, options)
        if at is None and role == "close":
            at = only(names, "price", options)
        if at is None:
            option = ": set --price-column" if role == "price" else ""
            raise InputError(f"{role}: expected such a column, was {listed(names)}{option}")
        roles["price" if role == "close" else role] = at
    return roles


def _bare_quotes(head: Head) -> bool:
    """`time,bid,ask[,volume]` without a header."""
    if head.width not in (3, 4):
        return False
    sample = head.sample()
    bid, ask = numbers(sample[1]), numbers(sample[2])
    both = bid[1] & ask[1]
    return bool(both.mean() > 0.5 and (ask[0] >= bid[0])[both].mean() > 0.9)


def _quotes(head: Head, options: ReadOptions) -> Plan:
    if not head.header:
        if not _bare_quotes(head):
            raise InputError("quotes: expected time,bid,ask[,volume] or a header with bid and ask")
        names = ("time", "bid", "ask", "volume")[: head.width]
        head = replace(head, names=names)
    return _columns(Format.QUOTES, head, head.sample(), options)


def _looks_wide(head: Head) -> bool:
    """Dates, then columns of numbers whose names are symbols."""
    names, sample = head.names, head.sample()
    # Of one letter they are tickers here: C, T and V are also what candles call their columns.
    if head.width < 3 or any(is_known(name) for name in names[1:] if len(name.strip()) > 1):
        return False
    cells = [sample[at] for at in range(1, head.width)]
    usable = [numbers(cell)[1] | is_missing(cell) | blank(cell) for cell in cells]
    return bool(np.mean([mask.mean() for mask in usable]) > 0.5)


def _wide(head: Head, options: ReadOptions) -> Plan:
    names = head.names
    sample = head.sample()
    # In wide tables of closes MM/DD/YYYY is what data vendors write when nothing tells otherwise.
    try:
        time = find_time(names, sample, _first_is_time(names, options))
    except InputError:
        if options.date_order is not None:
            raise
        time = find_time(names, sample, replace(_first_is_time(names, options), date_order="mdy"))
    cells = tuple(at for at, name in enumerate(names) if at != time.at and name.strip())
    _check_cells(names, cells)
    return Plan(
        Format.WIDE,
        names,
        {"time": time.at},
        cells,
        unit=time.unit,
        date_order=time.order,
        day_only=time.resolution >= DAY_MS * 1_000_000,
    )


def _first_is_time(names: Sequence[str], options: ReadOptions) -> ReadOptions:
    named = options.time_column or (names[0] if not candidates(names, "time") else None)
    return replace(options, time_column=named)


def _check_cells(names: Sequence[str], cells: Sequence[int]) -> None:
    symbols = [names[at].strip() for at in cells]
    faults = [fault for symbol in symbols if (fault := symbol_fault(symbol))]
    twice = sorted({symbol for symbol in symbols if symbols.count(symbol) > 1})
    if faults or twice or not symbols:
        problem = faults[0] if faults else f"was twice: {twice}" if twice else "was none"
        raise InputError(f"wide: expected a column per symbol, each once; {problem}")
