"""Signals: what a rule or model says a person may want to act on."""

from dataclasses import dataclass
from enum import StrEnum

from streams.domain.errors import ConfigError
from streams.domain.indicator_row import IndicatorRow


class Side(StrEnum):
    BUY = "buy"
    SELL = "sell"
    NEUTRAL = "neutral"


def side_of(name: str | None) -> Side | None:
    """The side of that name; raises ConfigError for any other text."""
    if name is None:
        return None
    try:
        return Side(name)
    except ValueError:
        raise ConfigError(f"side: expected buy, sell or neutral, was {name!r}") from None


@dataclass(frozen=True, slots=True)
class Signal:
    """A finding about one symbol at the end of one bar.

    `time` is the end of the bar (epoch ms UTC), `price` its close, `strength` >= 0 says how far
    the rule was exceeded (its unit is the rule's), `warm` is False while the rule's indicators are
    still dominated by their starting values. A signal of news, orders, fundamentals or the economy
    is of the moment of its event, and its `price` is 0; one of the economy is about the symbol `*`.
    """

    id: str
    time: int
    symbol: str
    interval: str
    kind: str
    side: Side
    price: float
    strength: float
    warm: bool
    reason: str


def signal_at(row: IndicatorRow, kind: str, side: Side, strength: float, reason: str) -> Signal:
    """The signal of a rule at the close of the row's bar."""
    return Signal(
        id=signal_id(row.symbol, row.interval, row.start, kind),
        time=row.end,
        symbol=row.symbol,
        interval=row.interval,
        kind=kind,
        side=side,
        price=row.close,
        strength=strength,
        warm=row.warm,
        reason=reason,
    )


def signal_id(symbol: str, interval: str, start: int, kind: str) -> str:
    """The id of a signal is a pure function of what it is about, so a replay repeats it."""
    return f"{symbol}/{interval}/{start}/{kind}"
