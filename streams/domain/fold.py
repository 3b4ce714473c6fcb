"""Ticks of one symbol into bars of every interval at once.

    own ticks, 5m bars, grace 0        watermark = latest own tick
    |--- 09:00 ---|--- 09:05 ---|
      x   x  x       y              y closes the bar of the x's
                  x                 late: its bar has closed
    |.............|      heartbeat  closes the bar too, when no x is to come

Windows are `[start, start + length)` aligned to midnight UTC. A tick is late for an interval when
its window's end + grace is not after the symbol's watermark, or when a mark has closed the window;
it may be late for 1m and still count for 15m. Only the symbol's own ticks and marks decide, so
batch sizes and partitions do not matter.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import le
from typing import Any

from streams.domain.bar import Bar
from streams.domain.open_bar import Columns, OpenBar
from streams.domain.spans import Span
from streams.domain.tick import TickBatch


@dataclass(frozen=True, slots=True)
class Late:
    """A tick that came after its bar had closed."""

    index: int
    intervals: tuple[str, ...]


class _Series:
    """The open bars of one interval, oldest first, and up to where bars have closed."""

    __slots__ = ("bars", "closed", "length", "name")

    def __init__(self, name: str, length: int, closed: int, bars: list[OpenBar]) -> None:
        self.name = name
        self.length = length
        self.closed = closed
        self.bars = bars

    def take(self, columns: Columns, lo: int, hi: int, limit: int) -> int:
        """Fold the run `[lo, hi)`; returns the index of its first tick that is not late."""
        ts, length = columns.ts, self.length
        closed = max(self.closed, limit - limit % length)
        start = bisect_left(ts, closed, lo, hi) if ts[lo] < closed else lo
        at = start
        while at < hi:
            begin = ts[at] - ts[at] % length
            end = begin + length
            stop = hi if ts[hi - 1] < end else bisect_left(ts, end, at, hi)
            self._at(begin).take(columns, at, stop)
            at = stop
        return start

    def _at(self, start: int) -> OpenBar:
        bars = self.bars
        if bars and bars[-1].start == start:
            return bars[-1]
        for bar in bars:
            if bar.start == start:
                return bar
        fresh = OpenBar.at(start)
        bars.append(fresh)
        if len(bars) > 1 and bars[-2].start > start:
            bars.sort(key=lambda bar: bar.start)
        return fresh

    def close(self, symbol: str, limit: float) -> Iterator[Bar]:
        """Bars that end at or before `limit`, oldest first."""
        while self.bars and self.bars[0].start + self.length <= limit:
            bar = self.bars.pop(0).bar(symbol, self.name, self.length, final=True)
            self.closed = bar.end
            yield bar


class Fold:
    """All that `run bars` remembers of one symbol."""

    def __init__(
        self, symbol: str, lengths: Mapping[str, int], grace: int, state: Sequence[Any] | None
    ) -> None:
        """Begin anew, or go on from what `dump` gave (of the same intervals)."""
        self.symbol = symbol
        self.grace = grace
        self.watermark: int = state[0] if state else -1
        saved = state[1] if state else [[0, []] for _ in lengths]
        self._series = [
            _Series(name, length, closed, [OpenBar(fields) for fields in bars])
            for (name, length), (closed, bars) in zip(lengths.items(), saved, strict=True)
        ]

    def dump(self) -> list[Any]:
        """A JSON-able state, O(open bars)."""
        return [
            self.watermark,
            [[series.closed, [bar.dump() for bar in series.bars]] for series in self._series],
        ]

    def take(self, batch: TickBatch, spans: Sequence[Span]) -> tuple[list[Bar], list[Late]]:
        """Fold the ticks of the spans in the order of arrival: final bars, and the late ticks."""
        bars: list[Bar] = []
        late: list[Late] = []
        columns = _columns(batch)
        for lo, hi in spans:
            for begin, end in _rising(columns.ts, lo, hi):
                limit = self.watermark - self.grace
                firsts = [series.take(columns, begin, end, limit) for series in self._series]
                if max(firsts) > begin:
                    late.extend(self._late(begin, firsts))
                self.watermark = max(self.watermark, columns.ts[end - 1])
                bars.extend(self.close(self.watermark))
        return bars, late

    def _late(self, begin: int, firsts: Sequence[int]) -> Iterator[Late]:
        for index in range(begin, max(firsts)):
            names = [
                series.name
                for series, first in zip(self._series, firsts, strict=True)
                if index < first
            ]
            yield Late(index, tuple(names))

    def close(self, clock: float) -> Iterator[Bar]:
        """Close what ends, grace included, at or before the clock (ms); inf closes everything."""
        for series in self._series:
            if series.bars:
                yield from series.close(self.symbol, clock - self.grace)

    def forming(self) -> list[Bar]:
        """The newest open bar of every interval as it stands."""
        return [
            series.bars[-1].bar(self.symbol, series.name, series.length, final=False)
            for series in self._series
            if series.bars
        ]

    def next_close(self) -> int | None:
        """When (ms, grace included) the first open bar ends, or None."""
        ends = [int(series.bars[0].start) + series.length for series in self._series if series.bars]
        return min(ends) + self.grace if ends else None


def _columns(batch: TickBatch) -> Columns:
    if batch.open is None or batch.high is None or batch.low is None:
        return Columns(batch.ts, batch.price, batch.size, None)
    return Columns(batch.ts, batch.price, batch.size, (batch.open, batch.high, batch.low))


def _rising(ts: Sequence[int], lo: int, hi: int) -> Iterator[Span]:
    """Maximal runs whose times do not fall; nearly always the whole span."""
    if all(map(le, islice(ts, lo, hi - 1), islice(ts, lo + 1, hi))):
        yield lo, hi
        return
    begin = lo
    for index in range(lo + 1, hi):
        if ts[index] < ts[index - 1]:
            yield begin, index
            begin = index
    yield begin, hi
