"""A bar: what happened to one symbol within `[start, end)`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bar:
    """Open, high, low, close, volume of one symbol and interval.

    Times are epoch ms UTC; `vwap` is sum(price * size) / sum(size), the close where nothing had a
    size; `trades` counts the ticks (or candles); `last_ts` is the time of the tick that decided
    the close. A bar that is not `final` is still forming.
    """

    symbol: str
    interval: str
    start: int
    end: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    vwap: float
    trades: int
    last_ts: int
    final: bool = True
