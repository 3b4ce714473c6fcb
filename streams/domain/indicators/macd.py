"""Moving average convergence and divergence."""

from collections.abc import Sequence
from dataclasses import dataclass

from streams.domain.bar import Bar


@dataclass(frozen=True, slots=True)
class Macd:
    """EMA(`fast`) - EMA(`slow`) of closes, the EMA(`signal`) of that, and their difference.

    In the units of the price. All EMAs start from their first input, as `Ema` does when seeded
    (TA-Lib starts from a mean of the first bars instead). `macd` from bar `slow` on, `macd_signal`
    and `macd_hist` from `slow + signal - 1`. State: bars seen and three averages; O(1).
    """

    fast: int = 12
    slow: int = 26
    signal: int = 9

    @property
    def name(self) -> str:
        return "macd"

    def step(self, state: Sequence[float] | None, bar: Bar) -> tuple[list[float], dict[str, float]]:
        seen, fast, slow, signal = state or (0, bar.close, bar.close, 0.0)
        fast, slow = _next(fast, bar.close, self.fast), _next(slow, bar.close, self.slow)
        seen = min(seen + 1, self.slow + self.signal)
        line = fast - slow
        if seen < self.slow:
            return [seen, fast, slow, 0.0], {}
        signal = line if seen == self.slow else _next(signal, line, self.signal)
        after = [seen, fast, slow, signal]
        if seen < self.slow + self.signal - 1:
            return after, {"macd": line}
        return after, {"macd": line, "macd_signal": signal, "macd_hist": line - signal}


def _next(average: float, value: float, period: int) -> float:
    weight = 2 / (1 + period)
    return value * weight + average * (1 - weight)
