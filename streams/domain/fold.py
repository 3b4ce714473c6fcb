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
from dataclasses import dataclass, field
from itertools import pairwise

from streams.domain.bar import Bar
from streams.domain.open_bar import Columns, OpenBar
from streams.domain.spans import Span
from streams.domain.tick import TickBatch


@dataclass(frozen=True, slots=True)
class Late:
    """A tick that came after its bar had closed."""

    index: int
    intervals: tuple[str, ...]


@dataclass(slots=True)
class Series:
    """The open bars of one interval, oldest first, and up to where (ms) bars have closed."""

    closed: int = 0
    bars: list[OpenBar] = field(default_factory=list)

    def take(self, columns: Columns, span: Span, limit: int, length: int) -> int:
        """Fold a run; returns the index of its first tick that is not late."""
        ts = columns.ts
        lo, hi = span
        closed = max(self.closed, limit - limit % length)
        at = first = bisect_left(ts, closed, lo, hi) if ts[lo] < closed else lo
        last = ts[hi - 1]
        while at < hi:
            start = ts[at] - ts[at] % length
            stop = hi if last < start + length else bisect_left(ts, start + length, at, hi)
            self._at(start).take(columns, at, stop)
            at = stop
        return first

    def _at(self, start: int) -> OpenBar:
        bars = self.bars
        at = len(bars)
        while at and bars[at - 1].start > start:  # a sparse batch opens thousands, in order
            at -= 1
        if at and bars[at - 1].start == start:
            return bars[at - 1]
        fresh = OpenBar(start)
        bars.insert(at, fresh)
        return fresh


@dataclass(slots=True)
class FoldState:
    """What is remembered of one symbol: plain values, O(open bars)."""

    watermark: int = -1
    """The latest of the symbol's own ticks (ms)."""
    series: list[Series] = field(default_factory=list)
    """One per interval, shortest first."""


class Fold:
    """Folds the ticks of one symbol into its state."""

    __slots__ = ("_grace", "_lengths", "behind", "state", "symbol")

    def __init__(
        self, symbol: str, lengths: Mapping[str, int], grace: int, state: FoldState
    ) -> None:
        """`lengths` are {interval: ms}, shortest first, `grace` ms; the state is changed in place
        and must be new or made with the same intervals."""
        if not state.series:
            state.series.extend(Series() for _ in lengths)
        self.symbol = symbol
        self.state = state
        self.behind: list[Span] = []
        """Ticks taken that came after a later one, late or not."""
        self._lengths = lengths
        self._grace = grace

    def take(self, batch: TickBatch, spans: Sequence[Span]) -> tuple[list[Bar], list[Late]]:
        """Fold the ticks of the spans in the order of arrival: final bars, and the late ticks."""
        bars: list[Bar] = []
        late: list[Late] = []
        columns = Columns(batch, spans)
        state = self.state
        lengths = self._lengths.values()
        for lo, hi in spans:
            for run in _rising(columns.ts, lo, hi):
                limit = state.watermark - self._grace
                if columns.ts[run[0]] < state.watermark:
                    self.behind.append((run[0], bisect_left(columns.ts, state.watermark, *run)))
                firsts = [
                    series.take(columns, run, limit, length)
                    for series, length in zip(state.series, lengths, strict=True)
                ]
                if max(firsts) > run[0]:
                    late.extend(self._late(run[0], firsts))
                state.watermark = max(state.watermark, columns.ts[run[1] - 1])
                bars.extend(self.close(state.watermark))
        return bars, late

    def _late(self, begin: int, firsts: Sequence[int]) -> Iterator[Late]:
        for index in range(begin, max(firsts)):
            names = [n for n, first in zip(self._lengths, firsts, strict=True) if index < first]
            yield Late(index, tuple(names))

    def close(self, clock: float) -> list[Bar]:
        """Close what ends, grace included, at or before the clock (ms); inf closes everything."""
        limit = clock - self._grace
        closed = []
        for series, (name, length) in zip(self.state.series, self._lengths.items(), strict=True):
            while series.bars and series.bars[0].start + length <= limit:
                bar = series.bars.pop(0).bar(self.symbol, name, length, final=True)
                series.closed = bar.end
                closed.append(bar)
        return closed

    def forming(self) -> list[Bar]:
        """The newest open bar of every interval as it stands."""
        return [
            series.bars[-1].bar(self.symbol, name, length, final=False)
            for series, (name, length) in zip(self.state.series, self._lengths.items(), strict=True)
            if series.bars
        ]

    def next_close(self) -> int | None:
        """When (ms, grace included) the first open bar ends, or None."""
        ends = [
            series.bars[0].start + length
            for series, length in zip(self.state.series, self._lengths.values(), strict=True)
            if series.bars
        ]
        return min(ends) + self._grace if ends else None


def _rising(ts: Sequence[int], lo: int, hi: int) -> list[Span]:
    """Maximal runs whose times do not fall; nearly always the whole span."""
    part = ts[lo:hi]
    if sorted(part) == part:
        return [(lo, hi)]
    bounds = [lo, *(i for i in range(lo + 1, hi) if ts[i] < ts[i - 1]), hi]
    return list(pairwise(bounds))
