"""How unusual a close is."""

from collections.abc import Sequence
from dataclasses import dataclass

from streams.domain.bar import Bar
from streams.domain.indicators.window import deviation, mean, pushed


@dataclass(frozen=True, slots=True)
class Zscore:
    """`(close - mean) / population standard deviation` of the last `period` closes.

    The standard score, of a window (Kreyszig, Advanced Engineering Mathematics, 1979, p. 880).
    Nothing before `period` bars; 0 where nothing moved. State: those closes; O(period).
    """

    period: int = 20

    @property
    def name(self) -> str:
        return f"zscore{self.period}"

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name,)

    def step(self, state: Sequence[float] | None, bar: Bar) -> tuple[list[float], dict[str, float]]:
        closes = pushed(state, bar.close, self.period)
        if len(closes) < self.period:
            return closes, {}
        middle = mean(closes)
        spread = deviation(closes, middle)
        return closes, {self.name: (bar.close - middle) / spread if spread else 0.0}
