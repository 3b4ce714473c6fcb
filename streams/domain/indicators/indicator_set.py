"""The indicators of one interval, as one step per bar."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from streams.domain.bar import Bar
from streams.domain.indicators.indicator import Indicator

States = Mapping[str, Any]
"""The state of each indicator by its name."""


@dataclass(frozen=True, slots=True)
class IndicatorSet:
    """Indicators of different names, computed in their order."""

    indicators: tuple[Indicator, ...]
    _steps: tuple[tuple[str, Callable[[Any, Bar], tuple[Any, Mapping[str, float]]]], ...] = field(
        init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        steps = tuple((indicator.name, indicator.step) for indicator in self.indicators)
        object.__setattr__(self, "_steps", steps)

    def step(self, states: States, bar: Bar) -> tuple[dict[str, Any], dict[str, float]]:
        """The next states, and the values at this bar's close.

        An indicator without a state starts anew, the state of one that is not in the set goes.
        What is not finite (a price near the largest number there is) has no value.
        """
        after: dict[str, Any] = {}
        values: dict[str, float] = {}
        for name, step in self._steps:
            after[name], named = step(states.get(name), bar)
            values.update(named)
        if not isfinite(sum(values.values())):
            values = {name: value for name, value in values.items() if isfinite(value)}
        return after, values

    @property
    def names(self) -> tuple[str, ...]:
        """Of all values, in their order."""
        return tuple(name for indicator in self.indicators for name in indicator.names)


@dataclass(frozen=True, slots=True)
class IndicatorSets:
    """Which set each interval has; `default` is that of all the others."""

    default: IndicatorSet
    by_interval: Mapping[str, IndicatorSet]

    def of(self, interval: str) -> IndicatorSet:
        return self.by_interval.get(interval, self.default)
