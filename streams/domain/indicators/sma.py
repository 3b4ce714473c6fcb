"""Simple moving average of closes."""

from collections.abc import Sequence
from dataclasses import dataclass

from streams.domain.bar import Bar
from streams.domain.indicators.window import mean, pushed


@dataclass(frozen=True, slots=True)
class Sma:
    """Mean of the last `period` closes, in the units of the price; nothing before so many bars.

    `sum(close) / period` (Murphy, Technical Analysis of the Financial Markets, 1999, chapter 9).
    State: those closes. The sum is taken anew, exactly, at every bar, so nothing drifts; O(period).
    """

    period: int

    @property
    def name(self) -> str:
        return f"sma{self.period}"

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name,)

    def step(self, state: Sequence[float] | None, bar: Bar) -> tuple[list[float], dict[str, float]]:
        closes = pushed(state, bar.close, self.period)
        return closes, {self.name: mean(closes)} if len(closes) == self.period else {}
