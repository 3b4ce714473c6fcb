"""Donchian channel."""

from collections.abc import Sequence
from dataclasses import dataclass

from streams.domain.bar import Bar
from streams.domain.indicators.naming import named
from streams.domain.indicators.window import pushed


@dataclass(frozen=True, slots=True)
class Donchian:
    """The highest high and the lowest low of the last `period` bars, this one too, and the middle.

    In the units of the price (Donchian's four-week rule: Donchian, High Finance in Copper,
    Financial Analysts Journal 16:6, 1960); nothing before `period` bars.
    State: those highs and lows; O(period).
    """

    period: int = 20

    @property
    def name(self) -> str:
        return named("donchian", (self.period,), (20,))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"{self.name}_{part}" for part in ("upper", "middle", "lower"))

    def step(
        self, state: Sequence[Sequence[float]] | None, bar: Bar
    ) -> tuple[list[list[float]], dict[str, float]]:
        before_highs, before_lows = state or (None, None)
        highs = pushed(before_highs, bar.high, self.period)
        lows = pushed(before_lows, bar.low, self.period)
        if len(highs) < self.period:
            return [highs, lows], {}
        upper, lower, name = max(highs), min(lows), self.name
        return [highs, lows], {
            f"{name}_upper": upper,
            f"{name}_middle": upper / 2 + lower / 2,
            f"{name}_lower": lower,
        }
