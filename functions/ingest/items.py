"""Items as they are posted: the generator's five shapes, ticks and candles, looked at strictly.

A tick's time is `ts`, or `timestamp` as text such as "2024-03-04 09:30:00" (UTC unless it says).

What is accepted here is accepted by every reader of the topics: the rules are those of
`streams.domain.screen` and `streams.domain.context_event`, with bounds for times that cannot be.
Members that are not known are ignored.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from math import floor
from typing import Annotated, Any

import msgspec

from functions.ingest.refused import MISSING, Refused, shown
from streams.domain.context_event import MARKET, RULES, ContextEvent, ContextKind, is_number
from streams.domain.screen import symbol_fault
from streams.domain.tick import MAX_SYMBOL, MAX_TS, MIN_TS

_PRICES = "stock_symbol"
"""The `data_type` of a price record in one variant of the generator; the others send none."""
_KINDS = {kind.value: kind for kind in ContextKind}
_TYPES = ", ".join((*_KINDS, _PRICES))
# So that the sums and products of a bar stay finite numbers.
_MOST = 1e15
_symbol_fault = lru_cache(4096)(symbol_fault)


class Tick(msgspec.Struct, frozen=True):
    """One tick, or a candle: then `range` is its open, high and low, and the price its close."""

    symbol: str
    ts: int
    price: float
    size: float | None = None
    range: tuple[float, float, float] | None = None


class _PlainTick(Tick, frozen=True, forbid_unknown_fields=True):
    """What arrays mostly hold; all that is checked of one symbol alone is checked in C."""

    symbol: Annotated[str, msgspec.Meta(max_length=MAX_SYMBOL)]
    ts: Annotated[int, msgspec.Meta(ge=MIN_TS)]
    price: Annotated[float, msgspec.Meta(gt=0, le=_MOST)]
    size: Annotated[float, msgspec.Meta(ge=0, le=_MOST)] | None = None
    range: None = None


_plain = msgspec.json.Decoder(list[_PlainTick]).decode


@dataclass(frozen=True, slots=True)
class _Shape:
    """The names of a shape's fields, and what its time counts."""

    symbol: str
    ts: str
    price: str
    size: str
    open: str | None = None
    seconds: bool = False
    size_required: bool = False
    dated: bool = False
    """The time is text."""


_TICK = _Shape("symbol", "ts", "price", "size")
_DATED = _Shape("symbol", "timestamp", "price", "size", dated=True)
_CANDLE = _Shape("symbol", "ts", "close", "volume", "open")
_RECORD = _Shape(
    _PRICES, "timestamp", "closing_price", "volume", "opening_price", True, size_required=True
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)?", re.ASCII)
_OF_CANDLES = frozenset({"open", "high", "low", "close", "volume"})


def plain_ticks(body: bytes, latest: int) -> Sequence[Tick] | None:
    """The ticks of an array that holds nothing else, at ten times the speed; else None."""
    try:
        ticks = _plain(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if not ticks or max(tick.ts for tick in ticks) > latest:
        return None
    symbols = {tick.symbol for tick in ticks}
    return ticks if all(_symbol_fault(symbol) is None for symbol in symbols) else None


def read_item(item: object, latest: int) -> Tick | ContextEvent:
    """One posted item; no time may be after `latest` (epoch ms).

    Raises Refused that names the field.
    """
    if not isinstance(item, dict):
        raise Refused("item", "a JSON object", shown(item), reason="bad_message")
    data_type = item.get("data_type", _PRICES)
    kind = _KINDS.get(data_type) if isinstance(data_type, str) else None
    if kind is not None:
        return _context(item, kind, latest)
    if data_type != _PRICES:
        raise Refused("data_type", f"one of {_TYPES}", shown(data_type), reason="bad_type")
    return _tick(item, _shape(item), latest)


def _shape(item: Mapping[str, Any]) -> _Shape:
    if "data_type" in item or _PRICES in item:
        return _RECORD
    if "symbol" not in item:
        raise Refused(
            "symbol", f"symbol or {_PRICES}", "neither", reason="bad_symbol"
        )  # nothing says what it is
    if "ts" not in item and isinstance(item.get("timestamp"), str):
        return _DATED
    return _TICK if _OF_CANDLES.isdisjoint(item) else _CANDLE


def _tick(item: Mapping[str, Any], shape: _Shape, latest: int) -> Tick:
    symbol = _symbol(item, shape.symbol)
    if shape.dated:
        ts = _date(item, shape.ts, latest)
    else:
        ts = _time(item, shape.ts, shape.seconds, latest)
    price = _price(item, shape.price, "bad_price")
    size = item.get(shape.size)
    if size is not None or shape.size_required:
        size = _size(item, shape.size)
    if shape.open is None:
        return Tick(symbol, ts, price, size, None)
    return Tick(symbol, ts, price, size, _range(item, shape.open, price))


def _range(item: Mapping[str, Any], name: str, close: float) -> tuple[float, float, float]:
    """Open, high and low, where low <= open, close <= high."""
    open_, high, low = (_price(item, key, "bad_candle") for key in (name, "high", "low"))
    if high < open_ or high < close:
        expected = f"at least open and close ({max(open_, close)!r})"
        raise Refused("high", expected, repr(high), reason="bad_candle")
    if low > open_ or low > close:
        expected = f"at most open and close ({min(open_, close)!r})"
        raise Refused("low", expected, repr(low), reason="bad_candle")
    return open_, high, low


def _context(item: Mapping[str, Any], kind: ContextKind, latest: int) -> ContextEvent:
    market = kind is ContextKind.ECONOMIC_INDICATOR and _PRICES not in item
    symbol = MARKET if market else _symbol(item, _PRICES)
    ts = _time(item, "timestamp", True, latest)
    values: dict[str, Any] = {}
    for name, rule in RULES[kind].items():
        value = item.get(name, MISSING)
        if not rule.holds(value):
            raise Refused(name, rule.expected, shown(value), reason="bad_value")
        values[name] = value if isinstance(value, str) else float(value)
    return ContextEvent(symbol, ts, kind, **values)


def _symbol(item: Mapping[str, Any], name: str) -> str:
    symbol = item.get(name, MISSING)
    if isinstance(symbol, str) and len(symbol) <= MAX_SYMBOL and _symbol_fault(symbol) is None:
        return symbol
    expected = f"1 to {MAX_SYMBOL} printable characters"
    raise Refused(name, expected, shown(symbol), reason="bad_symbol")


def _time(item: Mapping[str, Any], name: str, seconds: bool, latest: int) -> int:
    """Epoch ms; finer than that is floored, after what a float of seconds cannot hold."""
    value = item.get(name, MISSING)
    if is_number(value) and abs(value) < MAX_TS:
        ms: int = round(value * 1e6) // 1_000 if seconds else floor(value)
        if MIN_TS <= ms <= latest:
            return ms
    unit = "seconds" if seconds else "milliseconds"
    expected = f"epoch {unit} since 1970, at most {latest / 1_000 if seconds else latest}"
    raise Refused(name, expected, shown(value), reason="bad_time")


def _date(item: Mapping[str, Any], name: str, latest: int) -> int:
    """Epoch ms of a date with a time of day; finer than that is floored."""
    text = item[name]
    if _DATE.fullmatch(text):
        try:
            at = datetime.fromisoformat(text)
        except ValueError:  # the 30th of February
            at = None
        if at is not None:
            whole = at.replace(microsecond=0, tzinfo=at.tzinfo or UTC).timestamp()
            ms = int(whole) * 1_000 + at.microsecond // 1_000
            if MIN_TS <= ms <= latest:
                return ms
    expected = f"YYYY-MM-DD HH:MM:SS since 1970, at most epoch milliseconds {latest}"
    raise Refused(name, expected, shown(text), reason="bad_time")


def _price(item: Mapping[str, Any], name: str, reason: str) -> float:
    value = item.get(name, MISSING)
    if type(value) in (float, int) and 0 < value <= _MOST:
        return float(value)
    raise Refused(name, f"a number > 0 and <= {_MOST:g}", shown(value), reason=reason)


def _size(item: Mapping[str, Any], name: str) -> float:
    value = item.get(name, MISSING)
    if type(value) in (float, int) and 0 <= value <= _MOST:
        return float(value)
    raise Refused(name, f"a number >= 0 and <= {_MOST:g}", shown(value), reason="bad_size")
