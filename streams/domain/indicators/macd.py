"""Moving average convergence and divergence."""

from collections.abc import Sequence
from dataclasses import dataclass

from streams.domain.bar import Bar
from streams.domain.indicators.ema import smoothed
from streams.domain.indicators.naming import named


@dataclass(frozen=True, slots=True)
class Macd:
    """EMA(`fast`) - EMA(`slow`) of closes, the EMA(`signal`) of that, and their difference.

    In the units of the price (Appel, The Moving Average Convergence Divergence Method, 1979). All
    EMAs start from their first input, as `Ema` does when seeded (TA-Lib starts from a mean of the
    first bars instead). `macd` from bar `slow` on, `macd_signal` and `macd_hist` from
    `slow + signal - 1`. State: bars seen and three averages; O(1).
    """

    fast: int = 12
    slow: int = 26
    signal: int = 9

    def __post_init__(self) -> None:
        if self.fast >= self.slow:
            raise ValueError(f"fast: expected less than slow ({self.slow}), was {self.fast}")

    @property
    def name(self) -> str:
        return named("macd", (self.fast, self.slow, self.signal), (12, 26, 9))

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, f"{self.name}_signal", f"{self.name}_hist")

    def step(self, state: Sequence[float] | None, bar: Bar) -> tuple[list[float], dict[str, float]]:
        seen, fast, slow, signal = state or (0, bar.close, bar.close, 0.0)
        fast, slow = smoothed(fast, bar.close, self.fast), smoothed(slow, bar.close, self.slow)
        seen = min(seen + 1, self.slow + self.signal)
        line = fast - slow
        if seen < self.slow:
            return [seen, fast, slow, 0.0], {}
        signal = line if seen == self.slow else smoothed(signal, line, self.signal)
        after, name = [seen, fast, slow, signal], self.name
        if seen < self.slow + self.signal - 1:
            return after, {name: line}
        return after, {name: line, f"{name}_signal": signal, f"{name}_hist": line - signal}
