"""Bollinger bands."""

from collections.abc import Sequence
from dataclasses import dataclass

from streams.domain.bar import Bar
from streams.domain.indicators.naming import named
from streams.domain.indicators.window import deviation, mean, pushed


@dataclass(frozen=True, slots=True)
class Bollinger:
    """Mean of the last `period` closes, and `width` population standard deviations around it.

    In the units of the price (Bollinger on Bollinger Bands, 2001); nothing before `period` bars.
    `percent_b` is `(close - lower) / (upper - lower)`: 0 at the lower band, 1 at the upper one, 0.5
    where nothing moved; `bandwidth` is `(upper - lower) / middle`, a fraction.
    State: those closes; O(period), the sum is exact.
    """

    period: int = 20
    width: float = 2.0

    @property
    def name(self) -> str:
        return named("bb", (self.period, self.width), (20, 2.0))

    @property
    def names(self) -> tuple[str, ...]:
        parts = ("upper", "middle", "lower", "percent_b", "bandwidth")
        return tuple(f"{self.name}_{part}" for part in parts)

    def step(self, state: Sequence[float] | None, bar: Bar) -> tuple[list[float], dict[str, float]]:
        closes = pushed(state, bar.close, self.period)
        if len(closes) < self.period:
            return closes, {}
        middle, name = mean(closes), self.name
        off = self.width * deviation(closes, middle)
        return closes, {
            f"{name}_upper": middle + off,
            f"{name}_middle": middle,
            f"{name}_lower": middle - off,
            f"{name}_percent_b": 0.5 + (bar.close - middle) / off / 2 if off else 0.5,
            f"{name}_bandwidth": 2 * off / middle,
        }
