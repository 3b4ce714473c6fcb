"""The names that columns go by in the wild, and which role each one plays."""

import re
from collections.abc import Sequence

from streams.adapters.tape.plan import ReadOptions
from streams.adapters.tape.time_layout import Unit
from streams.domain.errors import InputError

_NAMES = """
symbol: symbol ticker stock_symbol instrument instrument_id sym stock asset pair
time: ts t time timestamp timestamp_utc timestamp_ms timestamp_us timestamp_ns datetime date_time
    datetime_utc time_utc utc epoch epoch_s epoch_ms epoch_us epoch_ns unix unix_time
    unix_timestamp ts_s ts_ms ts_us ts_ns time_ms time_us time_ns event_time trade_time
    open_time close_time date dates gmt_time local_time
price: price last last_price trade_price px
size: size volume qty quantity amount vol shares last_size last_volume trade_size
bid: bid bid_price bidprice best_bid
ask: ask ask_price askprice best_ask offer
open: open o open_price
high: high h high_price
low: low l low_price
close: close c close_price
"""
ALIASES: dict[str, frozenset[str]] = {
    role: frozenset(names.split())
    for role, names in re.findall(r"^(\w+): ((?:.|\n )*)", _NAMES, re.MULTILINE)
}
_UNIT = re.compile(r"(?:ts|t|time|timestamp|epoch|unix)_(s|ms|us|ns)")


def plain(name: str) -> str:
    """`Trading time` and ` trading_time` are the same column: `trading_time`."""
    return re.sub(r"[^0-9a-z]+", "_", name.strip().lower()).strip("_")


def unit_of(name: str) -> Unit | None:
    """The unit that a column's name gives, as `epoch_us` does."""
    match = _UNIT.fullmatch(plain(name))
    return None if match is None else match[1]  # type: ignore[return-value]  # one of the four


def candidates(names: Sequence[str], role: str) -> list[int]:
    """The columns whose names fit a role."""
    return [at for at, name in enumerate(names) if plain(name) in ALIASES[role]]


def is_known(name: str) -> bool:
    return any(plain(name) in known for known in ALIASES.values())


def chosen(names: Sequence[str], role: str, options: ReadOptions) -> int | None:
    """The column of `--ROLE-column`; raises InputError when there is no such column."""
    wanted = options.column(role)
    if wanted is None:
        return None
    found = [at for at, name in enumerate(names) if name.strip() == wanted.strip()]
    found = found or [at for at, name in enumerate(names) if plain(name) == plain(wanted)]
    if len(found) != 1:
        raise InputError(f"--{role}-column: expected one of {listed(names)}, was {wanted!r}")
    return found[0]


def only(names: Sequence[str], role: str, options: ReadOptions) -> int | None:
    """The one column of a role, or None; raises InputError when several could be it."""
    at = chosen(names, role, options)
    found = [at] if at is not None else candidates(names, role)
    if len(found) > 1:
        several = ", ".join(repr(names[at].strip()) for at in found)
        option = f": choose with --{role}-column" if hasattr(options, f"{role}_column") else ""
        raise InputError(f"{role}: expected one column, was {several}{option}")
    return found[0] if found else None


def listed(names: Sequence[str]) -> str:
    shown = [name.strip() for name in names[:40]]
    return ", ".join(shown) + (f", ... ({len(names)} columns)" if len(names) > 40 else "")
