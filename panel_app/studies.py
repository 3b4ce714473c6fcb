"""The indicators of a chart, computed from its bars, the forming one included.

The stream's own averages are in the bars' rows; everything here is of the same domain code, from
the first bar that is held on. Used on the server's loop only.
"""

from array import array
from collections import deque
from collections.abc import Sequence
from math import isnan, nan
from typing import Any, NamedTuple

from panel_app.store import Change, Key, Store
from streams.domain.bar import Bar
from streams.domain.indicators.catalogue import standard_set
from streams.domain.indicators.indicator import Indicator
from streams.domain.indicators.indicator_set import IndicatorSets
from streams.domain.interval import interval_ms

_EMAS = {"ema38": (7, 38), "ema100": (8, 100)}
INDICATORS: Sequence[Indicator] = tuple(
    each for each in standard_set(seeded=True).indicators if each.name not in _EMAS
)
"""Computed for every series, whatever the stream is told to compute."""
CHARTED: tuple[str, ...] = (
    "sma5", "sma10", "sma20", "sma50", "sma200", "bb_upper", "bb_middle", "bb_lower", "rsi14",
    "macd", "macd_signal", "macd_hist", "vwap_session", "ema38", "ema100",
)  # fmt: skip
"""Those that the chart has a line, a band or a pane for."""
_REMEMBERED = 8


class _Memory(NamedTuple):
    """What is known after a final bar; `emas` are the stream's averages there."""

    number: int
    states: tuple[Any, ...]
    emas: tuple[float, float]


class Study:
    """The values of one series, bar by bar; `version` grows with every change."""

    def __init__(
        self, store: Store, key: Key, indicators: Sequence[Indicator] = INDICATORS
    ) -> None:
        self._store = store
        self._key = key
        self._indicators = indicators
        self.names = _names(indicators)
        self._place = {name: at for at, name in enumerate(self.names)}
        self._nothing = _Memory(-1, (None,) * len(indicators), (nan, nan))
        self._length = interval_ms(key.interval)
        self._epoch = self._seen = -1
        self._base = 0
        self._values = array("d")
        self._when = array("Q")
        self._memories: deque[_Memory] = deque(maxlen=_REMEMBERED)
        self.version = 0

    def update(self) -> None:
        """Bring it up to date with the store; a tick costs one step of each indicator."""
        change = self._store.read(self._key, self._epoch, self._seen)
        if change is None:
            return
        memory = None if change.whole else self._before(change)
        if memory is None:
            change = self._store.read(self._key, -1, -1) or change
            self._memories.clear()
            memory = self._nothing
            del self._values[:], self._when[:]
            self._base = change.base
        self._epoch, self._seen = change.epoch, change.version
        self.version += 1
        for number, start, row, final in change.bars:
            memory = self._step(memory, number, start, row, final)
        self._trim(change.base)

    def rows(self, names: Sequence[str], since: int) -> list[list[float]]:
        """Number and the named values of every bar that changed after a version; NaN: none yet."""
        places = [self._place[name] for name in names]
        values, width = self._values, len(self.names)
        return [
            [self._base + at, *(values[at * width + place] for place in places)]
            for at, when in enumerate(self._when)
            if when > since
        ]

    def last(self, names: Sequence[str]) -> list[float]:
        """The named values of the newest bar; NaN: none yet."""
        found = self._values[-len(self.names) :] or array("d", [nan] * len(self.names))
        return [found[self._place[name]] for name in names]

    def _before(self, change: Change) -> _Memory | None:
        """What to go on from; None when bars between have to be looked at again."""
        if not change.bars:
            return self._memories[-1] if self._memories else None
        first, last = change.bars[0][0], change.base + change.count - 1
        if len(change.bars) != last - first + 1:
            return None
        while self._memories and self._memories[-1].number >= first:
            self._memories.pop()
        known = bool(self._memories) and self._memories[-1].number == first - 1
        return self._memories[-1] if known else None

    def _step(
        self, memory: _Memory, number: int, start: int, row: Sequence[float], final: bool
    ) -> _Memory:
        bar = _bar(self._key, self._length, start, row, final)
        states, found = [], dict[str, float]()
        for indicator, state in zip(self._indicators, memory.states, strict=True):
            after, named = indicator.step(state, bar)
            states.append(after)
            found.update(named)
        emas = [
            _ema(row[at], before, bar.close, period)
            for before, (at, period) in zip(memory.emas, _EMAS.values(), strict=True)
        ]
        found.update(zip(_EMAS, emas, strict=True))
        self._write(number, found)
        reached = _Memory(number, tuple(states), (emas[0], emas[1]))
        if final:
            self._memories.append(reached)
        return reached

    def _write(self, number: int, found: dict[str, float]) -> None:
        at, width = number - self._base, len(self.names)
        values = array("d", (found.get(name, nan) for name in self.names))
        if at == len(self._when):
            self._when.append(self.version)
            self._values.extend(values)
        else:
            self._when[at] = self.version
            self._values[at * width : (at + 1) * width] = values

    def _trim(self, base: int) -> None:
        excess = base - self._base
        if excess > 0:
            del self._when[:excess], self._values[: excess * len(self.names)]
            self._base = base


def _bar(key: Key, length: int, start: int, row: Sequence[float], final: bool) -> Bar:
    opened, high, low, close, volume, vwap, trades = row[:7]
    return Bar(
        key.symbol, key.interval, start, start + length, opened, high, low, close, volume, vwap,
        int(trades), start, final,
    )  # fmt: skip


def _ema(known: float, before: float, close: float, period: int) -> float:
    """The stream's average, or what it would be at this close."""
    if not isnan(known) or isnan(before):
        return known
    weight = 2 / (1 + period)
    return close * weight + before * (1 - weight)


def _names(indicators: Sequence[Indicator]) -> tuple[str, ...]:
    return (*(name for each in indicators for name in each.names), *_EMAS)


class Studies:
    """One Study per series that somebody looks at, of the usual and the configured indicators."""

    def __init__(self, store: Store, configured: IndicatorSets | None = None) -> None:
        self._store = store
        self._configured = configured
        self._studies: dict[Key, tuple[Study, int]] = {}

    def names(self, key: Key) -> tuple[str, ...]:
        """All that a study of the series has a value of."""
        return _names(self._indicators(key.interval))

    def named(self, interval: str) -> dict[str, tuple[str, ...]]:
        """The indicators of an interval's series, and the values of each."""
        return {each.name: each.names for each in self._indicators(interval)}

    def _indicators(self, interval: str) -> Sequence[Indicator]:
        """Of two with one name the configured one: its scale may be another."""
        if self._configured is None:
            return INDICATORS
        chosen = self._configured.of(interval).indicators
        named = {each.name: each for each in (*INDICATORS, *chosen)}
        return tuple(each for name, each in named.items() if name not in _EMAS)

    def take(self, key: Key) -> Study:
        """Share the series' study until `leave`."""
        study, users = self._studies.get(key) or (self._fresh(self._store, key), 0)
        self._studies[key] = study, users + 1
        return study

    def _fresh(self, store: Store, key: Key) -> Study:
        return Study(store, key, self._indicators(key.interval))

    def page(
        self, key: Key, held: Sequence[tuple[int, Sequence[float]]], names: Sequence[str]
    ) -> list[list[float]]:
        """The named values of bars (start, row) that are in no store: a page of history."""
        store = Store()
        length = interval_ms(key.interval)
        for start, row in held:
            store.put_bar(_bar(key, length, start, row, True))
        study = self._fresh(store, key)
        study.update()
        return [values[1:] for values in study.rows(names, 0)]

    def leave(self, key: Key) -> None:
        study, users = self._studies.pop(key)
        if users > 1:
            self._studies[key] = study, users - 1
