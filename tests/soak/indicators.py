"""Ten million bars through every kind of indicator, each million beside a computation from scratch.

The market wanders around a price, stands still at times, and has bars without volume. From scratch
is the same indicator over the last bars only, long after which every average has forgotten the
rest; on-balance volume, which never forgets, is compared with the exact sum of all its volumes.
"""

from array import array
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import fsum
from typing import Any

import numpy as np

from streams.domain.bar import Bar
from streams.domain.indicators.indicator_set import IndicatorSet
from streams.domain.indicators.kinds import KINDS
from tests.oracles.series import Floats

UPDATES = 10_000_000
WITHIN = 1e-9
_LAPS = 10
_RECENT = 6_000  # four days of minutes: today's session, and (1 - 2 / 39) ** 6000 is 1e-137
_PORTION = 50_000
_STILL = _PORTION // 20
_MINUTE = 60_000


@dataclass(frozen=True, slots=True)
class Drift:
    """After so many bars: relative differences to a fresh computation, by value."""

    bars: int
    apart: Mapping[str, float]
    missing: tuple[str, ...]

    @property
    def worst(self) -> str:
        """The value that is furthest off."""
        return max(self.apart, key=self.apart.__getitem__)


def every_kind() -> IndicatorSet:
    """One of each."""
    return IndicatorSet(tuple(kind.example for kind in KINDS))


def drifts(updates: int, seed: int) -> Iterator[Drift]:
    """One for each tenth of the updates."""
    chosen, state = every_kind(), dict[str, Any]()
    recent: deque[Bar] = deque(maxlen=_RECENT)
    flows = array("d")
    values: Mapping[str, float] = {}
    lap = max(updates // _LAPS, 1)
    for number, bar in enumerate(_market(updates, seed), 1):
        flows.append(_flow(bar, recent[-1] if recent else None))
        recent.append(bar)
        state, values = chosen.step(state, bar)
        if number % lap == 0:
            fresh = _fresh(chosen, recent) | {"obv": fsum(flows)}
            yield _drift(number, values, fresh, bar.close)


def drift_faults(drift: Drift) -> list[str]:
    """What is wrong after a lap."""
    faults = [f"{name}: expected a value after {drift.bars:,} bars" for name in drift.missing]
    faults += [
        f"{name}: expected less than {WITHIN:g} beside a fresh computation after "
        f"{drift.bars:,} bars, was {apart:.2e}"
        for name, apart in drift.apart.items()
        if apart >= WITHIN
    ]
    return faults


def largest(found: Iterable[Drift]) -> dict[str, float]:
    """By value: the largest difference of all laps."""
    most: dict[str, float] = {}
    for drift in found:
        for name, apart in drift.apart.items():
            most[name] = max(apart, most.get(name, 0.0))
    return most


def _fresh(chosen: IndicatorSet, recent: Iterable[Bar]) -> dict[str, float]:
    state: dict[str, Any] = {}
    values: dict[str, float] = {}
    for bar in recent:
        state, values = chosen.step(state, bar)
    return values


def _drift(
    bars: int, values: Mapping[str, float], fresh: Mapping[str, float], price: float
) -> Drift:
    """Relative to the fresh value; to the price for MACD, a small difference of prices."""
    apart = {
        name: abs(values[name] - value) / (price if name.startswith("macd") else abs(value) or 1.0)
        for name, value in fresh.items()
        if name in values
    }
    return Drift(bars, apart, tuple(sorted(fresh.keys() ^ values.keys())))


def _flow(bar: Bar, before: Bar | None) -> float:
    """What the bar adds to on-balance volume."""
    if before is None or bar.close > before.close:
        return bar.volume
    return -bar.volume if bar.close < before.close else 0.0


def _market(updates: int, seed: int) -> Iterator[Bar]:
    """Portions of a walk that comes back to its price, each beginning with bars that stand still.

    Made in columns: a bar costs a microsecond of the soak, and not seven.
    """
    rng = np.random.default_rng(seed)
    before = 100.0
    for begin in range(0, updates, _PORTION):
        close = _closes(rng, 100.0, before)
        opened = np.concatenate([[before], close[:-1]])
        reach = rng.exponential(0.0005, (2, _PORTION)) * (close != opened)
        high = np.maximum(opened, close) * (1 + reach[0])
        low = np.minimum(opened, close) * (1 - reach[1])
        volume = rng.integers(0, 1_000, _PORTION) / 10 * (rng.random(_PORTION) < 0.9)
        vwap = (high + low + close) / 3
        columns = np.column_stack((opened, high, low, close, volume, vwap))[: updates - begin]
        for number, (first, top, bottom, last, traded, mean) in enumerate(columns.tolist(), begin):
            start = number * _MINUTE
            yield Bar(
                "A", "1m", start, start + _MINUTE, first, top, bottom, last, traded, mean, 1, start
            )
        before = float(close[-1])


def _closes(rng: np.random.Generator, price: float, before: float) -> Floats:
    """A bridge: where it ends is near to where it began."""
    moves = rng.normal(0, 0.002, _PORTION - _STILL)
    moved = np.round(price * np.exp(np.cumsum(moves - moves.mean())), 3)
    return np.concatenate([np.full(_STILL, before), moved])
