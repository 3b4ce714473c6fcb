"""Closes of bars before."""

from collections.abc import Sequence
from dataclasses import dataclass

from streams.domain.bar import Bar
from streams.domain.indicators.window import pushed


@dataclass(frozen=True, slots=True)
class Lag:
    """The close `bars` bars ago, in the units of the price; from bar `bars + 1` on.

    State: the last `bars + 1` closes.
    """

    bars: int

    @property
    def name(self) -> str:
        return f"lag{self.bars}"

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name,)

    def step(self, state: Sequence[float] | None, bar: Bar) -> tuple[list[float], dict[str, float]]:
        closes = pushed(state, bar.close, self.bars + 1)
        return closes, {self.name: closes[0]} if len(closes) > self.bars else {}
