"""Ten million bars through every indicator, each million compared with a computation from scratch.

The market walks around a price, stands still at times, and has bars without volume. From scratch is
the same indicator over the last bars only, long after which every average has forgotten the rest;
on-balance volume, which never forgets, is compared with the exact sum of all its volumes.
"""

from array import array
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import fsum
from typing import Any

import numpy as np

from streams.domain.bar import Bar
from streams.domain.indicators.catalogue import standard_set
from streams.domain.indicators.indicator_set import IndicatorSet
from streams.domain.indicators.kinds import KINDS

UPDATES = 10_000_000
WITHIN = 1e-9
_LAPS = 10
_RECENT = 6_000  # four days of minutes: today's session, and (1 - 2 / 101) ** 6000 is 1e-52
_PORTION = 50_000
_MINUTE = 60_000


@dataclass(frozen=True, slots=True)
class Drift:
    """After so many bars: the largest relative difference to a fresh computation, and of which."""

    bars: int
    name: str
    difference: float
    missing: tuple[str, ...]


def every_indicator() -> IndicatorSet:
    """The standard set and one of each kind beside it."""
    standard = standard_set(seeded=True).indicators
    return IndicatorSet(tuple(dict.fromkeys((*standard, *(kind.example for kind in KINDS)))))


def drifts(updates: int, seed: int) -> Iterator[Drift]:
    """One for each tenth of the updates."""
    chosen, state = every_indicator(), dict[str, Any]()
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
    if drift.difference >= WITHIN:
        faults.append(
            f"{drift.name}: expected less than {WITHIN:g} beside a fresh computation after "
            f"{drift.bars:,} bars, was {drift.difference:.2e}"
        )
    return faults


def _fresh(chosen: IndicatorSet, recent: deque[Bar]) -> dict[str, float]:
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
    worst = max(apart, key=apart.__getitem__)
    return Drift(bars, worst, apart[worst], tuple(sorted(fresh.keys() ^ values.keys())))


def _flow(bar: Bar, before: Bar | None) -> float:
    """What the bar adds to on-balance volume."""
    if before is None or bar.close > before.close:
        return bar.volume
    return -bar.volume if bar.close < before.close else 0.0


def _market(updates: int, seed: int) -> Iterator[Bar]:
    rng = np.random.default_rng(seed)
    level, before, number = 0.0, 100.0, 0
    while number < updates:
        count = min(_PORTION, updates - number)
        moves = rng.normal(0, 0.002, count)
        moves[: count // 20] = 0  # stands still for a while
        volumes = rng.integers(0, 1_000, count) / 10 * (rng.random(count) < 0.9)
        reaches = rng.exponential(0.0005, (2, count))
        for move, volume, up, down in zip(
            moves.tolist(), volumes.tolist(), *reaches.tolist(), strict=True
        ):
            level = level * 0.99999 + move
            close = round(100 * 2.718281828459045**level, 3) if move else before
            high = max(before, close) * (1 + up if move else 1)
            low = min(before, close) * (1 - down if move else 1)
            start = number * _MINUTE
            yield Bar(
                "A", "1m", start, start + _MINUTE, before, high, low, close, volume,
                (high + low + close) / 3, 1, start,
            )  # fmt: skip
            before, number = close, number + 1
