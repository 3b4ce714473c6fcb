"""DEBS 2022 Grand Challenge files: which rows are price events, and when.

A row is one iff its SecType is E or I and its Last is a number other than 0; its time is Trading
date and Trading time, each falling back to Date and Time where it is empty.
"""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from streams.adapters.tape.column_names import listed, plain
from streams.adapters.tape.events import sizes
from streams.adapters.tape.head import Head
from streams.adapters.tape.numbers import blank, numbers, text
from streams.adapters.tape.plan import Format, Plan
from streams.adapters.tape.rows import Floats, Mask, Rows, Table, Verdicts
from streams.adapters.tape.symbols import coded, refuse_symbols
from streams.adapters.tape.time_column import in_range, to_utc
from streams.adapters.tape.time_layout import debs_date, debs_time
from streams.adapters.tape.times import read_times
from streams.domain.errors import InputError

_ROLES = {
    "symbol": ("id", 0),
    "sectype": ("sectype", 1),
    "date": ("date", 2),
    "time": ("time", 3),
    "price": ("last", 21),
    "size": ("last_volume", 22),
    "trading_time": ("trading_time", 23),
    "trading_date": ("trading_date", 26),
}
_WIDTH = 40


def looks_like(head: Head) -> bool:
    """Its header, or 40 columns with E or I in the second."""
    names = [plain(name) for name in head.names]
    if head.header:
        return all(name in names for name, _ in _ROLES.values())
    return head.width == _WIDTH and all(row[1] in ("E", "I") for row in head.rows[:20])


def plan(head: Head) -> Plan:
    """The places of the columns: by name, or as documented where there is no header."""
    names = [plain(name) for name in head.names]
    if not head.header:
        if head.width != _WIDTH:
            raise InputError(f"debs: expected a header or {_WIDTH} columns, was {head.width}")
        return Plan(Format.DEBS, head.names, {role: at for role, (_, at) in _ROLES.items()})
    missing = [name for name, _ in _ROLES.values() if name not in names]
    if missing:
        raise InputError(f"debs: expected columns {missing}, was {listed(head.names)}")
    return Plan(Format.DEBS, head.names, {r: names.index(name) for r, (name, _) in _ROLES.items()})


def read_debs(table: Table, plan: Plan) -> Rows:
    """The price events of a block."""
    rows_read = len(table)
    table, price, priced = _with_price(table, plan.roles["price"])
    column = {role: table.columns[at] for role, at in plan.roles.items()}
    verdicts = Verdicts(table)
    names, codes, known = coded(column["symbol"])
    refuse_symbols(verdicts, known, column["symbol"])
    kind = pc.is_in(column["sectype"], pa.array(["E", "I"])).to_numpy(zero_copy_only=False)
    verdicts.refuse(~kind, "bad_sectype", "SecType: expected E or I", column["sectype"])
    last = column["price"]
    verdicts.refuse(~priced, "bad_price", "Last: expected a finite number", last)
    verdicts.refuse(priced & (price < 0), "negative_price", "Last: expected no less than 0", last)
    ts = _times(column, plan.tz, verdicts)
    size = sizes(column["size"], verdicts)
    good = verdicts.good
    return Rows(
        names,
        codes[good],
        ts[good],
        {"price": price[good], "size": size[good]},
        rows_read,
        rows_read - len(table),
        verdicts.rejects(),
    )


def _with_price(table: Table, at: int) -> tuple[Table, Floats, Mask]:
    """Rows whose Last is not empty and not 0 in any spelling, their Last, and where it is one."""
    table = table.filter(~blank(table.columns[at]))
    price, priced = numbers(table.columns[at])
    placeholder = priced & (price == 0)
    return table.filter(~placeholder), price[~placeholder], priced[~placeholder]


def _times(column: dict[str, Any], tz: str, verdicts: Verdicts) -> Any:
    """Epoch ms by Trading date and time; Date and Time stand in where one is empty."""
    date = _first_given(column["trading_date"], column["date"])
    time = _first_given(column["trading_time"], column["time"])
    days, dated, naive = read_times(date, debs_date)
    clock, timed, _ = read_times(time, debs_time)
    verdicts.refuse(~dated, "bad_time", "date: expected DD-MM-YYYY", date)
    verdicts.refuse(~timed, "bad_time", "time: expected HH:MM:SS.mmm", time)
    ts, good = in_range(*to_utc(days + clock, dated & timed, naive, tz))
    verdicts.refuse(~good, "bad_time", "time: expected one within 1970..2199 of the zone", date)
    return ts


def _first_given(column: Any, instead: Any) -> Any:
    column = pc.ascii_trim_whitespace(text(column))
    instead = pc.ascii_trim_whitespace(text(instead))
    return pc.if_else(pc.equal(column, ""), instead, column)
