"""What is known beside the ticks: orders, news, fundamentals, the economy. One value per fact."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite

from streams.domain.screen import symbol_fault
from streams.domain.tick import MAX_TS, MIN_TS

MARKET = "*"
"""The symbol of what is about no single one."""
_MAX_NAME = 128


class ContextKind(StrEnum):
    """What an event is about; the `data_type` of whoever sends it."""

    ORDER_BOOK = "order_book"
    NEWS_SENTIMENT = "news_sentiment"
    MARKET_DATA = "market_data"
    ECONOMIC_INDICATOR = "economic_indicator"


@dataclass(frozen=True, slots=True)
class ContextEvent:
    """One fact at `ts` (epoch ms UTC) about `symbol`, or about `MARKET`.

    Exactly the fields of its kind (`RULES`) have a value. It is known by its message's topic,
    partition and offset.
    """

    symbol: str
    ts: int
    kind: ContextKind
    order_type: str | None = None
    price: float | None = None
    quantity: float | None = None
    sentiment_score: float | None = None
    sentiment_magnitude: float | None = None
    market_cap: float | None = None
    pe_ratio: float | None = None
    indicator_name: str | None = None
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """What a field must be: in words, and as a test that any JSON value may be put to."""

    expected: str
    holds: Callable[[object], bool]


def is_number(value: object) -> bool:
    """A finite int or float, and no bool."""
    try:
        return type(value) in (int, float) and isfinite(value)  # type: ignore[arg-type]  # checked
    except OverflowError:  # an int beyond every float
        return False


def _within(words: str, test: Callable[[float], bool]) -> Rule:
    return Rule(words, lambda value: is_number(value) and test(value))  # type: ignore[arg-type]


_FINITE = Rule("a finite number", is_number)
_POSITIVE = _within("a finite number > 0", lambda value: value > 0)
_NOT_NEGATIVE = _within("a finite number >= 0", lambda value: value >= 0)
_SHARE = _within("a number within -1..1", lambda value: -1 <= value <= 1)
_SIDE = Rule('"buy" or "sell"', lambda value: value in ("buy", "sell"))
_NOTHING = Rule("nothing with this kind", lambda value: value is None)
_NAME = Rule(
    f"1 to {_MAX_NAME} printable characters",
    lambda value: isinstance(value, str) and 0 < len(value) <= _MAX_NAME and value.isprintable(),
)

RULES: Mapping[ContextKind, Mapping[str, Rule]] = {
    ContextKind.ORDER_BOOK: {"order_type": _SIDE, "price": _POSITIVE, "quantity": _NOT_NEGATIVE},
    ContextKind.NEWS_SENTIMENT: {"sentiment_score": _SHARE, "sentiment_magnitude": _NOT_NEGATIVE},
    ContextKind.MARKET_DATA: {"market_cap": _NOT_NEGATIVE, "pe_ratio": _FINITE},
    ContextKind.ECONOMIC_INDICATOR: {"indicator_name": _NAME, "value": _FINITE},
}
"""The fields of each kind, all of them required, in the order in which they are sent."""
FIELDS = tuple(name for rules in RULES.values() for name in rules)
"""Every field that an event of some kind has."""


def context_fault(event: ContextEvent) -> str | None:
    """Why an event from elsewhere cannot be used, or None."""
    detail = symbol_fault(event.symbol)
    if detail is not None:
        return detail
    if not MIN_TS <= event.ts < MAX_TS:
        return f"ts: expected epoch ms within 1970..2199, was {str(event.ts)[:80]}"
    rules = RULES[event.kind]
    for name in FIELDS:
        value, rule = getattr(event, name), rules.get(name, _NOTHING)
        if not rule.holds(value):
            return f"{name}: expected {rule.expected}, was {str(value)[:80]}"
    return None
