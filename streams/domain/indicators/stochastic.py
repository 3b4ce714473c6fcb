"""Stochastic oscillator."""

from collections.abc import Sequence
from dataclasses import dataclass

from streams.domain.bar import Bar
from streams.domain.indicators.naming import named
from streams.domain.indicators.window import mean, pushed

State = Sequence[Sequence[float]]


@dataclass(frozen=True, slots=True)
class Stochastic:
    """Where the close is between the lowest low and the highest high of `period` bars, in percent.

    `k` is the mean of the last `slow` of `100 * (close - low) / (high - low)`, `d` the mean of the
    last `signal` of `k` (Lane, Lane's Stochastics, Stocks & Commodities 2:3, 1984; `slow` 1 is the
    fast form). 50 where high is low. `k` from bar `period + slow - 1` on, `d` from `signal - 1`
    later. State: highs, lows, and the values that are averaged; O(period).
    """

    period: int = 14
    slow: int = 3
    signal: int = 3

    @property
    def name(self) -> str:
        return named("stoch", (self.period, self.slow, self.signal), (14, 3, 3))

    @property
    def names(self) -> tuple[str, ...]:
        return (f"{self.name}_k", f"{self.name}_d")

    def step(self, state: State | None, bar: Bar) -> tuple[list[list[float]], dict[str, float]]:
        before_highs, before_lows, before_fast, before_slow = state or ((), (), (), ())
        highs = pushed(before_highs, bar.high, self.period)
        lows = pushed(before_lows, bar.low, self.period)
        if len(highs) < self.period:
            return [highs, lows, [], []], {}
        fast = pushed(before_fast, _place(bar.close, max(highs), min(lows)), self.slow)
        if len(fast) < self.slow:
            return [highs, lows, fast, []], {}
        k, name = mean(fast), self.name
        slow = pushed(before_slow, k, self.signal)
        after = [highs, lows, fast, slow]
        if len(slow) < self.signal:
            return after, {f"{name}_k": k}
        return after, {f"{name}_k": k, f"{name}_d": mean(slow)}


def _place(close: float, high: float, low: float) -> float:
    return 100 * ((close - low) / (high - low)) if high > low else 50.0
