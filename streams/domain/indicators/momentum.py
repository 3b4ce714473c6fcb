"""Momentum: how far the price has come."""

from collections.abc import Sequence
from dataclasses import dataclass

from streams.domain.bar import Bar


@dataclass(frozen=True, slots=True)
class Momentum:
    """`close / close[period bars ago] - 1`, a fraction; from bar `period + 1` on.

    State: the last `period + 1` closes.
    """

    period: int = 10

    @property
    def name(self) -> str:
        return f"momentum{self.period}"

    def step(self, state: Sequence[float] | None, bar: Bar) -> tuple[list[float], dict[str, float]]:
        closes = [*(state or ()), bar.close][-self.period - 1 :]
        if len(closes) <= self.period:
            return closes, {}
        return closes, {self.name: closes[-1] / closes[0] - 1}
