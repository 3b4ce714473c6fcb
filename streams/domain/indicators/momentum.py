"""Momentum: how far the price has come."""

from collections.abc import Sequence
from dataclasses import dataclass

from streams.domain.bar import Bar
from streams.domain.indicators.window import pushed


@dataclass(frozen=True, slots=True)
class Momentum:
    """`(close - past) / past`, a fraction, past = the close `period` bars ago.

    TA-Lib's ROCP. From bar `period + 1` on. State: the last `period + 1` closes.
    """

    period: int = 10

    @property
    def name(self) -> str:
        return f"momentum{self.period}"

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name,)

    def step(self, state: Sequence[float] | None, bar: Bar) -> tuple[list[float], dict[str, float]]:
        closes = pushed(state, bar.close, self.period + 1)
        if len(closes) <= self.period:
            return closes, {}
        return closes, {self.name: (bar.close - closes[0]) / closes[0]}
