"""Realised volatility of log returns."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot, inf, log, sqrt

from streams.domain.bar import Bar
from streams.domain.indicators.volatility import TRADING_DAYS
from streams.domain.indicators.window import pushed


@dataclass(frozen=True, slots=True)
class RealisedVolatility:
    """`sqrt(sum(ln(close / previous close) ** 2) * periods_a_year / period)`, a fraction.

    Root of the realised variance of the last `period` log returns, around 0 and not around their
    mean (Andersen and Bollerslev, Answering the Skeptics, International Economic Review 39:4,
    1998). From bar `period + 1` on. State: the last close and those returns; O(period).
    """

    period: int = 20
    periods_a_year: float = TRADING_DAYS

    @property
    def name(self) -> str:
        return f"realised_volatility{self.period}"

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name,)

    def step(self, state: Sequence[float] | None, bar: Bar) -> tuple[list[float], dict[str, float]]:
        if state is None:
            return [bar.close], {}
        returns = pushed(state[1:], _log_return(state[0], bar.close), self.period)
        after = [bar.close, *returns]
        if len(returns) < self.period:
            return after, {}
        return after, {self.name: hypot(*returns) * sqrt(self.periods_a_year / self.period)}


def _log_return(before: float, after: float) -> float:
    ratio = after / before
    return log(ratio) if 0 < ratio < inf else log(after) - log(before)
