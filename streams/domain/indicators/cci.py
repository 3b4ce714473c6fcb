"""Commodity channel index."""

from collections.abc import Sequence
from dataclasses import dataclass

from streams.domain.bar import Bar
from streams.domain.indicators.typical_price import typical_price
from streams.domain.indicators.window import mean, pushed

_SHARE = 0.015  # Lambert's: most values fall between -100 and 100


@dataclass(frozen=True, slots=True)
class Cci:
    """`(price - mean) / (0.015 * mean absolute deviation)` of the last `period` typical prices.

    Lambert, Commodity Channel Index: Tools for Trading Cyclic Trends, Commodities, October 1980.
    Nothing before `period` bars; 0 where nothing moved. State: those prices; O(period), sums are
    exact.
    """

    period: int = 20

    @property
    def name(self) -> str:
        return f"cci{self.period}"

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name,)

    def step(self, state: Sequence[float] | None, bar: Bar) -> tuple[list[float], dict[str, float]]:
        prices = pushed(state, typical_price(bar), self.period)
        if len(prices) < self.period:
            return prices, {}
        middle = mean(prices)
        spread = mean([abs(price - middle) for price in prices])
        moved = spread >= 1e-15 * middle or min(prices) < max(prices)
        value = (prices[-1] - middle) / spread / _SHARE if moved and spread else 0.0
        return prices, {self.name: value}
