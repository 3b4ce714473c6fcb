"""A market whose every value is known: bars that go up and down, their averages and a signal."""

from streams.domain.bar import Bar
from streams.domain.indicator_row import IndicatorRow
from streams.domain.signal import Side, Signal, signal_id

FIVE = 300_000
DAY = 1_636_358_400_000


def bar(number: int, close: float | None = None, final: bool = True, symbol: str = "AAPL") -> Bar:
    """Bar `number` of a zigzag; its close may be set."""
    start = DAY + number * FIVE
    base = 100 + number % 7
    last = base + 0.5 if close is None else close
    high, low = max(base, last) + 0.25, min(base, last) - 0.25
    return Bar(
        symbol, "5m", start, start + FIVE, base, high, low, last, 100.0 + number, base,
        12, start + FIVE - 1, final,
    )  # fmt: skip


def indicators(of: Bar) -> IndicatorRow:
    return IndicatorRow(
        of.symbol, of.interval, of.start, of.end, of.open, of.high, of.low, of.close,
        of.volume, of.vwap, of.trades, True, {"ema38": of.close - 1, "ema100": of.close + 1},
    )  # fmt: skip


def breakout(of: Bar, side: Side) -> Signal:
    return Signal(
        signal_id(of.symbol, of.interval, of.start, "breakout"), of.end, of.symbol, of.interval,
        "breakout", side, of.close, 0.2, side is Side.BUY, "EMA38 <b>crossed</b> EMA100",
    )  # fmt: skip
