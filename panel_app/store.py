"""What the process knows: every series, one writer, many readers, bounded memory."""

import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from math import nan
from typing import NamedTuple

from panel_app.series import Held, Marker, Row, Series
from streams.domain.bar import Bar
from streams.domain.indicator_row import IndicatorRow
from streams.domain.prediction import Prediction
from streams.domain.signal import Signal
from streams.domain.tick import MAX_TS

DEEP = 1_000
BUDGET = 1_500_000


class Key(NamedTuple):
    symbol: str
    interval: str


@dataclass(frozen=True, slots=True)
class Change:
    """What a reader at some version misses; `whole` when it has to start over."""

    epoch: int
    version: int
    base: int
    count: int
    whole: bool
    bars: list[tuple[int, int, Row, bool]]
    """Number, start, row and finality of each changed bar."""
    markers: list[Marker] | None
    """All of them, when one is new."""


@dataclass(slots=True)
class Newest:
    """The newest of a series, as they came; any may be missing. `produced`: see `put_bar`."""

    final: Bar | None = None
    forming: Bar | None = None
    row: IndicatorRow | None = None
    prediction: Prediction | None = None
    produced: int | None = None


class Store:
    """Series by symbol and interval; every method may be called from any thread.

    A series holds up to 1,000 bars while there is room for all: `budget` bars in total. With more
    series each holds fewer, but those being watched stay deep.
    """

    def __init__(self, budget: int = BUDGET, clock: Callable[[], float] = time.time) -> None:
        self._lock = threading.Lock()
        self._series: dict[Key, Series] = {}
        self._newest: dict[Key, Newest] = {}
        self._watched: dict[Key, int] = {}
        self._symbols: set[str] = set()
        self._budget = budget
        self._clock = clock
        self.bars = 0
        self.open = 0
        self.last_tick = 0
        """Event time (ms) of the newest tick seen in any bar."""

    def put_bar(self, bar: Bar, produced: int | None = None) -> None:
        """Add or update a bar; `produced` is when (ms) the newest tick in it was sent."""
        key = Key(bar.symbol, bar.interval)
        with self._lock:
            self._put(self._of(key), bar.start, _columns(bar), bar.final)
            self.last_tick = max(self.last_tick, bar.last_ts)
            newest = self._newest[key]
            newest.produced = produced or newest.produced
            if newest.final is not None and bar.start <= newest.final.start:
                return
            if bar.final:
                newest.final = bar
            if newest.forming is None or bar.start >= newest.forming.start:
                newest.forming = None if bar.final else bar

    def put_indicators(self, row: IndicatorRow) -> None:
        """Set a bar's averages; its bar too, for the topics overtake each other."""
        key = Key(row.symbol, row.interval)
        with self._lock:
            series = self._of(key)
            self._put(series, row.start, _columns(row), True)
            newest = self._newest[key]
            if newest.row is None or row.start >= newest.row.start:
                newest.row = row
            series.put_emas(row.start, row.values.get("ema38", nan), row.values.get("ema100", nan))

    def put_prediction(self, prediction: Prediction) -> None:
        """Remember the newest of a series; one of an older bar is of no use."""
        key = Key(prediction.symbol, prediction.interval)
        with self._lock:
            series, newest = self._of(key), self._newest[key]
            if newest.prediction is None or prediction.start >= newest.prediction.start:
                newest.prediction = prediction
                series.version += 1

    def put_marker(self, signal: Signal, start: int) -> None:
        """Mark a signal at the bar that starts at `start`."""
        marker = Marker(
            start, signal.kind, signal.side.value, signal.price,
            signal.strength, signal.warm, signal.reason,
        )  # fmt: skip
        with self._lock:
            self._of(Key(signal.symbol, signal.interval)).put_marker(marker)

    def add_symbols(self, symbols: Iterable[str]) -> None:
        """Make symbols known that have no bar here yet."""
        with self._lock:
            self._symbols.update(symbols)

    def watch(self, key: Key) -> bool:
        """Keep a series deep; True for its first watcher."""
        with self._lock:
            self._watched[key] = self._watched.get(key, 0) + 1
            return self._watched[key] == 1

    def unwatch(self, key: Key) -> None:
        with self._lock:
            self._watched[key] -= 1
            if not self._watched[key]:
                del self._watched[key]

    def watched(self) -> list[Key]:
        """The series that somebody looks at."""
        with self._lock:
            return list(self._watched)

    def symbols(self, known: int) -> list[str] | None:
        """All of them in order, or None when there are still `known`."""
        with self._lock:
            return None if len(self._symbols) == known else sorted(self._symbols)

    def newest(self, key: Key) -> Newest:
        """The newest bars and indicators of a series."""
        with self._lock:
            found = self._newest.get(key)
            return Newest() if found is None else replace(found)

    def all_series(self) -> list[Key]:
        """Every series that has something."""
        with self._lock:
            return list(self._series)

    def bars_of(self, key: Key, since: int = 0, until: int = MAX_TS) -> list[Held]:
        """The bars that start in `[since, until)`, oldest first."""
        with self._lock:
            series = self._series.get(key)
            if series is None:
                return []
            first, last = bisect_left(series.starts, since), bisect_left(series.starts, until)
            return [series.held(at) for at in range(first, last)]

    def last(self, key: Key, count: int) -> list[Held]:
        """The newest bars, oldest first."""
        with self._lock:
            series = self._series.get(key)
            if series is None:
                return []
            return [series.held(at) for at in range(max(0, len(series) - count), len(series))]

    def read(self, key: Key, epoch: int, since: int) -> Change | None:
        """A copy of what changed after version `since` of `epoch`; None: nothing did."""
        with self._lock:
            series = self._series.get(key)
            if series is None or (series.epoch == epoch and series.version == since):
                return None
            whole = series.epoch != epoch
            since = 0 if whole else since
            return Change(
                series.epoch, series.version, series.base, len(series), whole,
                [(series.base + at, *series.held(at)) for at in series.changed(since)],
                list(series.markers.values()) if series.marks > since or whole else None,
            )  # fmt: skip

    def _of(self, key: Key) -> Series:
        series = self._series.get(key)
        if series is None:
            series = self._series[key] = Series()
            self._newest[key] = Newest()
            self._symbols.add(key.symbol)
        return series

    def _put(self, series: Series, start: int, ohlc: tuple[float, ...], final: bool) -> None:
        forming, held = series.forming, len(series)
        series.put(start, ohlc, final)
        self.open += series.forming - forming
        self.bars += len(series) - held
        if len(series) > DEEP + DEEP // 10:
            self.bars -= series.trim(DEEP)
        if self.bars > self._budget:
            self._shrink()

    def _shrink(self) -> None:
        """Make a tenth of the budget free, from the series that nobody watches."""
        held = sum(len(self._series[key]) for key in self._watched if key in self._series)
        others = [series for key, series in self._series.items() if key not in self._watched]
        cap = max(1, (self._budget * 9 // 10 - held) // max(1, len(others)))
        for series in others:
            self.bars -= series.trim(cap)


def _columns(of: Bar | IndicatorRow) -> Row:
    return of.open, of.high, of.low, of.close, of.volume, of.vwap, float(of.trades)
