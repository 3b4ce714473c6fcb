"""A bar while ticks still come in: a small mutable record that folds whole runs of ticks.

Sums are strict left folds in the order of arrival (`reduce`, never `sum`, whose order and
compensation differ between Python versions), so cutting a stream into other batches gives the same
bits.
"""

from collections.abc import Sequence
from functools import reduce
from operator import add

from streams.domain.bar import Bar

# start, open, first_ts, high, low, close, last_ts, volume, notional, trades
Fields = list[int | float]


class OpenBar:
    """One symbol's bar of one interval, still taking ticks."""

    __slots__ = (
        "close", "first_ts", "high", "last_ts", "low", "notional", "open", "start", "trades",
        "volume",
    )  # fmt: skip

    def __init__(self, fields: Sequence[int | float]) -> None:
        (
            self.start, self.open, self.first_ts, self.high, self.low,
            self.close, self.last_ts, self.volume, self.notional, self.trades,
        ) = fields  # fmt: skip

    @classmethod
    def at(cls, start: int) -> "OpenBar":
        """An empty bar: any first tick decides its open, high, low and close."""
        return cls((start, 0.0, 1 << 62, 0.0, float("inf"), 0.0, -1, 0.0, 0.0, 0))

    def dump(self) -> Fields:
        """The record as a list that `OpenBar` takes back."""
        return [
            self.start, self.open, self.first_ts, self.high, self.low,
            self.close, self.last_ts, self.volume, self.notional, self.trades,
        ]  # fmt: skip

    def take(self, columns: "Columns", lo: int, hi: int) -> None:
        """Fold the ticks `[lo, hi)`, whose times do not fall.

        The close is the latest tick by event time, ties to the later arrival; the open is the
        earliest, ties to the earlier arrival.
        """
        ts = columns.ts
        if ts[lo] < self.first_ts:
            self.first_ts = ts[lo]
            self.open = columns.open[lo]
        if ts[hi - 1] >= self.last_ts:
            self.last_ts = ts[hi - 1]
            self.close = columns.price[hi - 1]
        self.high = max(self.high, max(columns.high[lo:hi]))
        self.low = min(self.low, min(columns.low[lo:hi]))
        self.trades += hi - lo
        if columns.size is not None:
            self.volume = reduce(add, columns.size[lo:hi], self.volume)
            self.notional = reduce(add, columns.notional[lo:hi], self.notional)

    def bar(self, symbol: str, interval: str, length: int, final: bool) -> Bar:
        """The bar as others see it."""
        vwap = self.notional / self.volume if self.volume > 0 else self.close
        return Bar(
            symbol, interval, int(self.start), int(self.start) + length,
            self.open, self.high, self.low, self.close,
            self.volume, vwap, int(self.trades), int(self.last_ts), final,
        )  # fmt: skip


class Columns:
    """A batch unpacked once for all intervals: every column a bar asks for."""

    __slots__ = ("high", "low", "notional", "open", "price", "size", "ts")

    def __init__(
        self,
        ts: Sequence[int],
        price: Sequence[float],
        size: Sequence[float] | None,
        candle: tuple[Sequence[float], Sequence[float], Sequence[float]] | None,
    ) -> None:
        self.ts = ts
        self.price = price
        self.size = size
        self.open, self.high, self.low = candle or (price, price, price)
        self.notional: Sequence[float] = (
            [p * s for p, s in zip(price, size, strict=True)] if size is not None else ()
        )
