"""Relative strength index in Wilder's form."""

from collections.abc import Sequence
from dataclasses import dataclass

from streams.domain.bar import Bar


@dataclass(frozen=True, slots=True)
class Rsi:
    """`100 * gain / (gain + loss)`, between 0 and 100; from bar `period + 1` on.

    The first averages are the means of the first `period` changes, each later one is
    `(average * (period - 1) + change) / period` (Wilder, New Concepts in Technical Trading
    Systems, 1978). 50 where nothing has moved. State: changes seen, last close, both averages
    (sums before there are `period` changes); O(1).
    """

    period: int = 14

    @property
    def name(self) -> str:
        return f"rsi{self.period}"

    def step(self, state: Sequence[float] | None, bar: Bar) -> tuple[list[float], dict[str, float]]:
        if state is None:
            return [0, bar.close, 0.0, 0.0], {}
        seen, before, gain, loss = state
        change = bar.close - before
        up, down = max(change, 0.0), max(-change, 0.0)
        seen += 1
        if seen <= self.period:
            gain, loss = gain + up, loss + down
            if seen < self.period:
                return [seen, bar.close, gain, loss], {}
            gain, loss = gain / self.period, loss / self.period
        else:
            seen = self.period + 1
            gain = (gain * (self.period - 1) + up) / self.period
            loss = (loss * (self.period - 1) + down) / self.period
        value = 100 * gain / (gain + loss) if gain + loss else 50.0
        return [seen, bar.close, gain, loss], {self.name: value}
