"""Money flow index."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum

from streams.domain.bar import Bar
from streams.domain.indicators.rsi import strength
from streams.domain.indicators.typical_price import typical_price
from streams.domain.indicators.window import pushed


@dataclass(frozen=True, slots=True)
class Mfi:
    """`100 * positive / (positive + negative)` money flow of the last `period` bars, 0 to 100.

    Quong and Soudack, Volume-Weighted RSI: Money Flow, Stocks & Commodities 7:3, 1989. A bar's flow
    is typical price times volume: positive where that price rose, negative where it fell, nothing
    where it stayed. From bar `period + 1` on; 50 where nothing flowed.
    State: the last price and those flows, each over `period`; O(period), sums are exact.
    """

    period: int = 14

    @property
    def name(self) -> str:
        return f"mfi{self.period}"

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name,)

    def step(self, state: Sequence[float] | None, bar: Bar) -> tuple[list[float], dict[str, float]]:
        price = typical_price(bar)
        if state is None:
            return [price], {}
        side = _side(price, state[0])
        flow = side * price * (bar.volume / self.period) if side else 0.0
        flows = pushed(state[1:], flow, self.period)
        after = [price, *flows]
        if len(flows) < self.period:
            return after, {}
        positive = fsum([each for each in flows if each > 0])
        negative = -fsum([each for each in flows if each < 0])
        return after, {self.name: strength(positive, negative)}


def _side(price: float, before: float) -> int:
    """1 or -1. Decimals of one sum give typical prices that differ by a few ulps: 0 then."""
    if abs(price - before) <= 1e-15 * price:
        return 0
    return 1 if price > before else -1
