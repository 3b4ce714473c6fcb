"""Rolling volatility of returns."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import fsum, sqrt

from streams.domain.bar import Bar

TRADING_DAYS = 252


@dataclass(frozen=True, slots=True)
class Volatility:
    """Sample standard deviation of the last `period` simple returns, times sqrt(`periods_a_year`).

    A fraction: 0.2 is 20 % a year where the bars are days, as many systems print it whatever their
    bars are; `periods_a_year` 1 gives it per bar. From bar `period + 1` on. State: the last
    `period + 1` closes; O(period), sums are exact.
    """

    period: int = 20
    periods_a_year: float = TRADING_DAYS

    @property
    def name(self) -> str:
        return f"volatility{self.period}"

    def step(self, state: Sequence[float] | None, bar: Bar) -> tuple[list[float], dict[str, float]]:
        closes = [*(state or ()), bar.close][-self.period - 1 :]
        if len(closes) <= self.period:
            return closes, {}
        returns = [after / before - 1 for before, after in pairwise(closes)]
        mean = fsum(returns) / self.period
        variance = fsum((r - mean) ** 2 for r in returns) / (self.period - 1)
        return closes, {self.name: sqrt(variance * self.periods_a_year)}
