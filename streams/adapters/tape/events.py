"""Files with one event a row: ticks, quotes (their mid) and candles (their close)."""

from typing import Any

import numpy as np

from streams.adapters.tape.numbers import blank, numbers
from streams.adapters.tape.plan import CandleTime, Format, Plan
from streams.adapters.tape.rows import Codes, Floats, Ints, Mask, Rows, Table, Verdicts
from streams.adapters.tape.symbols import coded, refuse_symbols
from streams.adapters.tape.time_column import joined, utc_ms

_PRICES = {
    Format.TICKS: ("price",),
    Format.QUOTES: ("bid", "ask"),
    Format.CANDLES: ("open", "high", "low", "price"),
}
_POSITIVE = "expected a finite number > 0"


def read_events(table: Table, plan: Plan) -> Rows:
    """One tick a row; rows in which no price is given are without price, and nothing else."""
    rows_read = len(table)
    roles = _PRICES[plan.format]
    table = table.filter(~_all_blank([table.columns[plan.roles[role]] for role in roles]))
    column = {role: table.columns[at] for role, at in plan.roles.items()}
    verdicts = Verdicts(table)
    names, codes = _symbols(column.get("symbol"), plan, verdicts)
    columns = _prices(column, roles, verdicts)
    if plan.format is Format.CANDLES:
        _refuse_candles(columns, verdicts)
    if plan.format is Format.QUOTES:
        columns |= {"price": (columns["bid"] + columns["ask"]) / 2}
    ts = _times(column, plan, verdicts)
    if "size" in column:
        columns["size"] = sizes(column["size"], verdicts)
    good = verdicts.good
    kept = {name: values[good] for name, values in columns.items()}
    without = rows_read - len(table)
    return Rows(names, codes[good], ts[good], kept, rows_read, without, verdicts.rejects())


def _all_blank(columns: list[Any]) -> Mask:
    empty = blank(columns[0])
    for column in columns[1:]:
        empty &= blank(column)
    return empty


def _symbols(column: Any, plan: Plan, verdicts: Verdicts) -> tuple[list[str], Codes]:
    if column is None:
        return [plan.symbol or ""], np.zeros(len(verdicts.good), np.int32)
    names, codes, known = coded(column)
    refuse_symbols(verdicts, known, column)
    return names, codes


def _prices(
    column: dict[str, Any], roles: tuple[str, ...], verdicts: Verdicts
) -> dict[str, Floats]:
    columns = {}
    for role in roles:
        values, good = numbers(column[role])
        verdicts.refuse(~(good & (values > 0)), "bad_price", f"{role}: {_POSITIVE}", column[role])
        columns[role] = values
    return columns


def _refuse_candles(columns: dict[str, Floats], verdicts: Verdicts) -> None:
    first, high, low, close = (columns[role] for role in ("open", "high", "low", "price"))
    bad = (low > np.minimum(first, close)) | (high < np.maximum(first, close))

    def was(row: int) -> str:
        return f"open={first[row]} high={high[row]} low={low[row]} close={close[row]}"

    verdicts.refuse(bad, "bad_candle", "candle: expected low <= open, close <= high", was)


def sizes(column: Any, verdicts: Verdicts) -> Floats:
    """Sizes, 0 where none is given; what is no number >= 0 refuses its row."""
    values, good = numbers(column)
    empty = blank(column)
    bad = ~empty & ~(good & (values >= 0))
    verdicts.refuse(bad, "bad_size", "size: expected a finite number >= 0", column)
    return np.where(empty, 0.0, values)


def _times(column: dict[str, Any], plan: Plan, verdicts: Verdicts) -> Ints:
    raw = joined(column["date"], column["time"]) if "date" in column else column["time"]
    ts, good = utc_ms(raw, plan.tz, plan.unit, plan.date_order)
    verdicts.refuse(~good, "bad_time", "time: expected one within 1970..2199", raw)
    # The last millisecond of a candle lies within the window that ends when the candle does.
    return ts - 1 if plan.candle_time is CandleTime.END and plan.format is Format.CANDLES else ts
