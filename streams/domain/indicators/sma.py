"""Simple moving average of closes."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum

from streams.domain.bar import Bar


@dataclass(frozen=True, slots=True)
class Sma:
    """Mean of the last `period` closes, in the units of the price; nothing before so many bars.

    State: those closes. The sum is taken anew (exactly, by fsum) at every bar, so nothing drifts;
    O(period).
    """

    period: int

    @property
    def name(self) -> str:
        return f"sma{self.period}"

    def step(self, state: Sequence[float] | None, bar: Bar) -> tuple[list[float], dict[str, float]]:
        closes = [*(state or ()), bar.close][-self.period :]
        if len(closes) < self.period:
            return closes, {}
        return closes, {self.name: fsum(closes) / self.period}
