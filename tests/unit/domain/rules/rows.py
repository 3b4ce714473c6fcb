"""Rows of indicators for tests of rules."""

import random
from collections.abc import Mapping, Sequence
from math import exp
from typing import Any

from streams.domain.bar import Bar
from streams.domain.indicator_row import IndicatorRow
from streams.domain.rules.step import Step
from streams.domain.signal import Signal

FIVE = 300_000


def row(
    number: int,
    close: float = 10.0,
    values: Mapping[str, float] | None = None,
    votes: Mapping[str, str] | None = None,
    *,
    symbol: str = "A",
    interval: str = "5m",
    warm: bool = True,
    volume: float = 1.0,
) -> IndicatorRow:
    start = number * FIVE
    return IndicatorRow(
        symbol, interval, start, start + FIVE, close, close, close, close, volume, close, 1, warm,
        dict(values or {}), dict(votes or {}),
    )  # fmt: skip


def bar(number: int, close: float, symbol: str = "A", volume: float = 1.0) -> Bar:
    start = number * FIVE
    return Bar(
        symbol, "5m", start, start + FIVE, close, close, close, close, volume, close, 1, start
    )


def run(step: Step, rows: Sequence[IndicatorRow]) -> list[Signal]:
    """All that a step finds, in order."""
    state: Any = None
    found: list[Signal] = []
    for each in rows:
        state, signals = step.step(state, each)
        found += signals
    return found


def walk(seed: int, count: int, start: float = 100.0, spread: float = 0.001) -> list[float]:
    """Closes of a geometric random walk: nothing in them is worth anything."""
    rng = random.Random(seed)
    closes = [start]
    while len(closes) < count:
        closes.append(closes[-1] * exp(rng.gauss(0.0, spread)))
    return closes
