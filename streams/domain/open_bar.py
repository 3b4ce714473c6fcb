"""A bar while ticks still come in: a small mutable record that folds whole runs of ticks.

Sums are strict left folds in the order of arrival, so cutting a stream into other batches gives the
same bits.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add, mul

from streams.domain.bar import Bar
from streams.domain.spans import Span
from streams.domain.tick import TickBatch

if sys.version_info >= (3, 12):

    def left_fold(values: Sequence[float], start: float) -> float:
        """`start + values[0] + values[1] ...`, rounded after each: `sum` compensates since 3.12."""
        return reduce(add, values, start)

else:
    left_fold = sum  # the same, five times as fast


@dataclass(slots=True)
class Part:
    """What one bar takes of a run of ticks."""

    high: float
    low: float
    size: Sequence[float]
    notional: Sequence[float]


class Columns:
    """A batch unpacked once for all intervals: every column a bar asks for.

    Outside the spans of good ticks the columns may hold anything, and nothing looks there.
    """

    __slots__ = ("_part", "_span", "high", "low", "notional", "open", "price", "size", "ts")

    def __init__(self, batch: TickBatch, good: Sequence[Span]) -> None:
        price = batch.price
        self.ts = batch.ts
        self.price = price
        self.open = price if batch.open is None else batch.open
        self.high = price if batch.high is None else batch.high
        self.low = price if batch.low is None else batch.low
        self.size: Sequence[float] = () if batch.size is None else batch.size
        self.notional = [0.0] * len(self.size)
        for lo, hi in good if self.size else ():
            self.notional[lo:hi] = map(mul, price[lo:hi], self.size[lo:hi])
        self._span = (0, 0)
        self._part: Part | None = None

    def part(self, lo: int, hi: int) -> Part:
        """The ticks `[lo, hi)`; several intervals ask for the same in a row."""
        if self._part is None or self._span != (lo, hi):
            self._span = (lo, hi)
            high, low = max(self.high[lo:hi]), min(self.low[lo:hi])
            self._part = Part(high, low, self.size[lo:hi], self.notional[lo:hi])
        return self._part


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
        part = columns.part(lo, hi)
        if part.high > self.high:
            self.high = part.high
        if part.low < self.low:
            self.low = part.low
        self.trades += hi - lo
        if part.size:
            self.volume = left_fold(part.size, self.volume)
            self.notional = left_fold(part.notional, self.notional)

    def bar(self, symbol: str, interval: str, length: int, final: bool) -> Bar:
        """The bar as others see it."""
        vwap = self.notional / self.volume if self.volume > 0 else self.close
        return Bar(
            symbol, interval, self.start, self.start + length,
            self.open, self.high, self.low, self.close,
            self.volume, vwap, self.trades, self.last_ts, final,
        )  # fmt: skip
