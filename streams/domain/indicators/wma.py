"""Linearly weighted moving average of closes."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import mul

from streams.domain.bar import Bar
from streams.domain.indicators.window import mean, pushed


@dataclass(frozen=True, slots=True)
class Wma:
    """`sum(k * close[k]) / sum(k)` of the last `period` closes, k = 1 for the oldest one.

    In the units of the price; nothing before `period` bars (Murphy, Technical Analysis of the
    Financial Markets, 1999, chapter 9). State: those closes; O(period), the sum is exact.
    """

    period: int

    @property
    def name(self) -> str:
        return f"wma{self.period}"

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name,)

    def step(self, state: Sequence[float] | None, bar: Bar) -> tuple[list[float], dict[str, float]]:
        closes = pushed(state, bar.close, self.period)
        if len(closes) < self.period:
            return closes, {}
        # Weights that average 1: no product is much larger than its close.
        middle = (self.period + 1) / 2
        weights = [k / middle for k in range(1, self.period + 1)]
        return closes, {self.name: mean(list(map(mul, closes, weights)))}
