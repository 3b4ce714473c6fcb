"""Weights that halve: sums and means over events, of which the older ones count less.

```
 weight of an event at ts, seen from `at`:  2 ** -((at - ts) / half_life)
```
`at` is the latest event time so far. An event that comes late enters with the weight that it has by
then, so the order of arrival does not matter but for rounding.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt


@dataclass(frozen=True, slots=True)
class Sums:
    """Decayed sums of a number of terms up to `at` (epoch ms; -1: of none)."""

    at: int = -1
    terms: tuple[float, ...] = ()

    def add(self, ts: int, terms: Sequence[float], half_life: int) -> "Sums":
        """With the terms of one more event; as many as before, half-life in ms."""
        if self.at < 0:
            return Sums(ts, tuple(terms))
        old = decay(max(0, ts - self.at), half_life)
        new = decay(max(0, self.at - ts), half_life)
        pairs = zip(self.terms, terms, strict=True)
        return Sums(max(self.at, ts), tuple(a * old + b * new for a, b in pairs))


@dataclass(frozen=True, slots=True)
class Moments:
    """Decayed mean and variance of a series of values; `seen` counts them, undecayed.

    `weights` is the sum of the weights' squares: `weight ** 2 / weights` is how many values of
    equal weight the series is worth (Kish).
    """

    at: int = -1
    weight: float = 0.0
    mean: float = 0.0
    squares: float = 0.0
    weights: float = 0.0
    seen: int = 0

    @property
    def deviation(self) -> float:
        """Sample standard deviation around the mean, 0 while there is none."""
        if not self.weight:
            return 0.0
        freedom = self.weight - self.weights / self.weight
        return sqrt(max(0.0, self.squares / freedom)) if freedom > 0 else 0.0

    def add(self, ts: int, value: float, half_life: int) -> "Moments":
        """With one more value: West's weighted update (Communications of the ACM 22(9), 1979)."""
        if self.at < 0:
            return Moments(ts, 1.0, value, 0.0, 1.0, 1)
        old = decay(max(0, ts - self.at), half_life)
        new = decay(max(0, self.at - ts), half_life)
        weight = self.weight * old + new
        off = value - self.mean
        step = off * new / weight if weight else 0.0
        squares = self.squares * old + new * off * (off - step)
        weights = self.weights * old * old + new * new
        return Moments(max(self.at, ts), weight, self.mean + step, squares, weights, self.seen + 1)


def decay(ms: int, half_life: int) -> float:
    """What is left of a weight of 1 after `ms`; 0 when it is too little to be a float."""
    return float(2.0 ** -min(ms / half_life, 1_100.0))
