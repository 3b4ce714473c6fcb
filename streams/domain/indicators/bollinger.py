"""Bollinger bands."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, sqrt

from streams.domain.bar import Bar


@dataclass(frozen=True, slots=True)
class Bollinger:
    """Mean of the last `period` closes, and `width` population standard deviations around it.

    In the units of the price (Bollinger on Bollinger Bands, 2001); nothing before `period` bars.
    State: those closes; O(period), sums are exact.
    """

    period: int = 20
    width: float = 2.0

    @property
    def name(self) -> str:
        return "bb"

    def step(self, state: Sequence[float] | None, bar: Bar) -> tuple[list[float], dict[str, float]]:
        closes = [*(state or ()), bar.close][-self.period :]
        if len(closes) < self.period:
            return closes, {}
        middle = fsum(closes) / self.period
        off = self.width * sqrt(fsum((c - middle) ** 2 for c in closes) / self.period)
        return closes, {"bb_upper": middle + off, "bb_middle": middle, "bb_lower": middle - off}
