"""Average true range."""

from collections.abc import Sequence
from dataclasses import dataclass

from streams.domain.bar import Bar


def true_range(bar: Bar, before: float) -> float:
    """The largest of `high - low` and the distances of both from the close before."""
    return max(bar.high, before) - min(bar.low, before)


@dataclass(frozen=True, slots=True)
class Atr:
    """Wilder's average of the true range, in the units of the price; from bar `period + 1` on.

    Wilder, New Concepts in Technical Trading Systems, 1978. The first bar has no close before it
    and so no true range; the first average is the mean of `period` of them, each later one is
    `average + (range - average) / period`. State: ranges seen, last close, average; O(1).
    """

    period: int = 14

    @property
    def name(self) -> str:
        return f"atr{self.period}"

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name,)

    def step(self, state: Sequence[float] | None, bar: Bar) -> tuple[list[float], dict[str, float]]:
        if state is None:
            return [0, bar.close, 0.0], {}
        seen, before, average = state
        seen = min(seen + 1, self.period)
        average += (true_range(bar, before) - average) / seen
        return [seen, bar.close, average], {self.name: average} if seen == self.period else {}
