"""Relative strength index in Cutler's form."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum

from streams.domain.bar import Bar
from streams.domain.indicators.rsi import strength
from streams.domain.indicators.window import pushed


@dataclass(frozen=True, slots=True)
class CutlerRsi:
    """`100 - 100 / (1 + gain / loss)` with plain means of the last `period` changes, 0 to 100.

    Wilder's index (New Concepts in Technical Trading Systems, 1978) without his averages: it does
    not depend on where the data begin. From bar `period + 1` on; 50 where
    nothing has moved. State: the last close, and the last changes, each over `period`; O(period),
    sums are exact.
    """

    period: int = 14

    @property
    def name(self) -> str:
        return f"rsi{self.period}_cutler"

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name,)

    def step(self, state: Sequence[float] | None, bar: Bar) -> tuple[list[float], dict[str, float]]:
        if state is None:
            return [bar.close], {}
        # Divided at once, so that sums of prices near the largest number do not overflow.
        changes = pushed(state[1:], (bar.close - state[0]) / self.period, self.period)
        after = [bar.close, *changes]
        if len(changes) < self.period:
            return after, {}
        gain = fsum([change for change in changes if change > 0])
        loss = -fsum([change for change in changes if change < 0])
        return after, {self.name: strength(gain, loss)}
