"""Seeded prices to learn from: random walks, and walks with something in them to be found."""

import random
from collections.abc import Iterator
from math import exp

from streams.domain.analysis import Analysis, AnalysisState
from streams.domain.bar import Bar
from streams.domain.indicator_row import IndicatorRow

LENGTH = 300_000
FIRST = 1_700_000_100_000 - 1_700_000_100_000 % LENGTH


def random_walk(count: int, seed: int, sigma: float = 0.001) -> Iterator[float]:
    """Closes whose next direction nobody can know."""
    yield from _walk(count, seed, sigma, 0.0)


def reverting(count: int, seed: int, strength: float, sigma: float = 0.001) -> Iterator[float]:
    """Closes that are drawn back to their mean of 20, by `strength` sigmas per deviation.

    The direction of the last bar alone says little of it.
    """
    yield from _walk(count, seed, sigma, strength)


def persistent(count: int, seed: int, share: float, sigma: float = 0.001) -> Iterator[float]:
    """Closes whose returns go on: an AR(1) of returns with this coefficient."""
    rng, price, before = random.Random(seed), 100.0, 0.0
    for _ in range(count):
        before = share * before + rng.gauss(0.0, sigma)
        price *= exp(before)
        yield price


def _walk(count: int, seed: int, sigma: float, strength: float) -> Iterator[float]:
    rng, price = random.Random(seed), 100.0
    closes: list[float] = []
    for _ in range(count):
        drift = 0.0
        if strength and len(closes) == 20:
            mean = sum(closes) / 20
            spread = (sum((c - mean) ** 2 for c in closes) / 20) ** 0.5
            drift = -strength * sigma * (price - mean) / spread if spread else 0.0
        price *= exp(rng.gauss(drift, sigma))
        closes = [*closes, price][-20:]
        yield price


def bars_of(closes: Iterator[float], symbol: str = "A", seed: int = 0) -> Iterator[Bar]:
    """5m bars around the closes; highs and lows say nothing about what comes."""
    rng, before = random.Random(seed + 1), None
    for number, close in enumerate(closes):
        opened = before or close
        high = max(opened, close) * (1 + abs(rng.gauss(0, 3e-4)))
        low = min(opened, close) * (1 - abs(rng.gauss(0, 3e-4)))
        start = FIRST + number * LENGTH
        yield Bar(
            symbol, "5m", start, start + LENGTH, opened, high, low, close,
            100 * rng.random(), (high + low + close) / 3, 5, start + LENGTH - 1,
        )  # fmt: skip
        before = close


def rows_of(closes: Iterator[float], symbol: str = "A", seed: int = 0) -> Iterator[IndicatorRow]:
    """The rows that `run signals` makes of these bars."""
    analysis, state = Analysis.of("seeded"), AnalysisState()
    for bar in bars_of(closes, symbol, seed):
        state, row, _ = analysis.step(state, bar)
        if row is not None:
            yield row
