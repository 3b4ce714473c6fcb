"""Rolling volatility of returns."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from operator import truediv

from streams.domain.bar import Bar
from streams.domain.indicators.window import deviation, mean, pushed

TRADING_DAYS = 252


@dataclass(frozen=True, slots=True)
class Volatility:
    """Sample standard deviation of the last `period` simple returns, times sqrt(`periods_a_year`).

    A fraction: 0.2 is 20 % a year where the bars are days, as many systems print it whatever their
    bars are; `periods_a_year` 1 gives it per bar (Hull, Options, Futures, and Other Derivatives,
    chapter on volatility). From bar `period + 1` on. State: the last `period + 1` closes;
    O(period), sums are exact.
    """

    period: int = 20
    periods_a_year: float = TRADING_DAYS

    @property
    def name(self) -> str:
        return f"volatility{self.period}"

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name,)

    def step(self, state: Sequence[float] | None, bar: Bar) -> tuple[list[float], dict[str, float]]:
        closes = pushed(state, bar.close, self.period + 1)
        if len(closes) <= self.period:
            return closes, {}
        ratios = list(map(truediv, closes[1:], closes))  # returns, each plus 1
        spread = deviation(ratios, mean(ratios))
        scale = sqrt(self.periods_a_year * self.period / (self.period - 1))
        return closes, {self.name: spread * scale}
