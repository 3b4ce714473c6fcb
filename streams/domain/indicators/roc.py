"""Rate of change."""

from collections.abc import Sequence
from dataclasses import dataclass

from streams.domain.bar import Bar
from streams.domain.indicators.window import pushed


@dataclass(frozen=True, slots=True)
class Roc:
    """`100 * (close - past) / past`, in percent, past = the close `period` bars ago.

    Murphy, Technical Analysis of the Financial Markets, 1999, chapter 10 (there the ratio itself).
    From bar `period + 1` on. State: the last `period + 1` closes.
    """

    period: int = 10

    @property
    def name(self) -> str:
        return f"roc{self.period}"

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name,)

    def step(self, state: Sequence[float] | None, bar: Bar) -> tuple[list[float], dict[str, float]]:
        closes = pushed(state, bar.close, self.period + 1)
        if len(closes) <= self.period:
            return closes, {}
        return closes, {self.name: 100 * ((bar.close - closes[0]) / closes[0])}
