"""Keltner channel."""

from collections.abc import Sequence
from dataclasses import dataclass

from streams.domain.bar import Bar
from streams.domain.indicators.atr import Atr
from streams.domain.indicators.ema import smoothed
from streams.domain.indicators.naming import named


@dataclass(frozen=True, slots=True)
class Keltner:
    """EMA(`period`) of closes, and `width` times ATR(`atr`) around it, in the units of the price.

    Keltner, How to Make Money in Commodities, 1960, in the form that Raschke gave it in the 1980s:
    his has means of typical prices and of ranges. The EMA starts from the first close. Nothing
    before bar `period` or `atr + 1`, whichever is later.
    State: bars seen, the EMA and the state of `Atr`; O(1).
    """

    period: int = 20
    width: float = 2.0
    atr: int = 10

    @property
    def name(self) -> str:
        return named("keltner", (self.period, self.width, self.atr), (20, 2.0, 10))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"{self.name}_{part}" for part in ("upper", "middle", "lower"))

    def step(self, state: Sequence[float] | None, bar: Bar) -> tuple[list[float], dict[str, float]]:
        seen, middle, *ranges = state or (0, bar.close)
        middle = smoothed(middle, bar.close, self.period) if seen else bar.close
        seen = min(seen + 1, self.period)
        ranges, found = Atr(self.atr).step(ranges or None, bar)
        after, name = [seen, middle, *ranges], self.name
        if seen < self.period or not found:
            return after, {}
        (average,) = found.values()
        off = self.width * average
        return after, {
            f"{name}_upper": middle + off,
            f"{name}_middle": middle,
            f"{name}_lower": middle - off,
        }
