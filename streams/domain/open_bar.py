"""A bar while ticks still come in: a small mutable record that folds whole runs of ticks.

Sums are strict left folds in the order of arrival (`reduce`, never `sum`, whose compensation
differs between Python versions), so cutting a stream into other batches gives the same bits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add, mul

from streams.domain.bar import Bar
from streams.domain.tick import TickBatch


class Columns:
    """A batch unpacked once for all intervals: every column a bar asks for."""

    __slots__ = ("_extremes", "_span", "high", "low", "notional", "open", "price", "size", "ts")

    def __init__(self, batch: TickBatch) -> None:
        price = batch.price
        self.ts = batch.ts
        self.price = price
        self.size = batch.size
        self.open = price if batch.open is None else batch.open
        self.high = price if batch.high is None else batch.high
        self.low = price if batch.low is None else batch.low
        self.notional: Sequence[float] = (
            () if batch.size is None else list(map(mul, price, batch.size))
        )
        self._span = (0, 0)
        self._extremes = (0.0, 0.0)

    def extremes(self, lo: int, hi: int) -> tuple[float, float]:
        """Highest and lowest of `[lo, hi)`; several intervals ask for the same span in a row."""
        if self._span != (lo, hi):
            self._span = (lo, hi)
            self._extremes = (max(self.high[lo:hi]), min(self.low[lo:hi]))
        return self._extremes


@dataclass(slots=True)
class OpenBar:
    """One symbol's bar of one interval, still taking ticks. The fields are its stored state."""

    start: int
    open: float = 0.0
    first_ts: int = 1 << 62
    high: float = 0.0
    low: float = float("inf")
    close: float = 0.0
    last_ts: int = -1
    volume: float = 0.0
    notional: float = 0.0
    trades: int = 0

    def take(self, columns: Columns, lo: int, hi: int) -> None:
        """Fold the ticks `[lo, hi)`, whose times do not fall.

        The close is the latest tick by event time, ties to the later arrival; the open is the
        earliest, ties to the earlier arrival.
        """
        first, last = columns.ts[lo], columns.ts[hi - 1]
        if first < self.first_ts:
            self.first_ts = first
            self.open = columns.open[lo]
        if last >= self.last_ts:
            self.last_ts = last
            self.close = columns.price[hi - 1]
        high, low = columns.extremes(lo, hi)
        if high > self.high:
            self.high = high
        if low < self.low:
            self.low = low
        self.trades += hi - lo
        if columns.size is not None:
            self.volume = reduce(add, columns.size[lo:hi], self.volume)
            self.notional = reduce(add, columns.notional[lo:hi], self.notional)

    def bar(self, symbol: str, interval: str, length: int, final: bool) -> Bar:
        """The bar as others see it."""
        vwap = self.notional / self.volume if self.volume > 0 else self.close
        return Bar(
            symbol, interval, self.start, self.start + length,
            self.open, self.high, self.low, self.close,
            self.volume, vwap, self.trades, self.last_ts, final,
        )  # fmt: skip
