"""Double exponential moving average of closes."""

from collections.abc import Sequence
from dataclasses import dataclass

from streams.domain.bar import Bar
from streams.domain.indicators.ema import smoothed


@dataclass(frozen=True, slots=True)
class Dema:
    """`2 * EMA - EMA(EMA)`, both over `period` bars, in the units of the price.

    Mulloy, Smoothing Data with Faster Moving Averages, Stocks & Commodities 12:1, 1994. The EMA
    starts from the first close; the EMA of it from its value at bar `period`, where TA-Lib has its
    first too. From bar `2 * period - 1` on. State: bars seen and both averages; O(1).
    """

    period: int

    @property
    def name(self) -> str:
        return f"dema{self.period}"

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name,)

    def step(self, state: Sequence[float] | None, bar: Bar) -> tuple[list[float], dict[str, float]]:
        seen, once, twice = state or (0, bar.close, bar.close)
        once = smoothed(once, bar.close, self.period) if seen else bar.close
        seen = min(seen + 1, 2 * self.period)
        twice = once if seen <= self.period else smoothed(twice, once, self.period)
        after = [seen, once, twice]
        return after, {self.name: 2 * once - twice} if seen >= 2 * self.period - 1 else {}
