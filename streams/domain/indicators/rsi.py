"""Relative strength index in Wilder's form."""

from collections.abc import Sequence
from dataclasses import dataclass

from streams.domain.bar import Bar


@dataclass(frozen=True, slots=True)
class Rsi:
    """`100 * gain / (gain + loss)`, between 0 and 100; from bar `period + 1` on.

    The first averages are the means of the first `period` changes, each later one is
    `average + (change - average) / period` (Wilder, New Concepts in Technical Trading Systems,
    1978). 50 where nothing has moved. State: changes seen, last close, both averages; O(1).
    """

    period: int = 14

    @property
    def name(self) -> str:
        return f"rsi{self.period}"

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name,)

    def step(self, state: Sequence[float] | None, bar: Bar) -> tuple[list[float], dict[str, float]]:
        if state is None:
            return [0, bar.close, 0.0, 0.0], {}
        seen, before, gain, loss = state
        change = bar.close - before
        up, down = max(change, 0.0), max(-change, 0.0)
        seen = min(seen + 1, self.period)
        # By `seen` this is the plain mean of the first changes, and Wilder's average after them.
        gain, loss = gain + (up - gain) / seen, loss + (down - loss) / seen
        after = [seen, bar.close, gain, loss]
        return after, {self.name: strength(gain, loss)} if seen == self.period else {}


def strength(gain: float, loss: float) -> float:
    """How much of all movement went up, in percent; 50 where nothing has moved."""
    return 100 * (gain / (gain + loss)) if gain + loss else 50.0
