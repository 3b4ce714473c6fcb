"""How far is too far: the steps from low to critical of one kind of anomaly."""

from dataclasses import dataclass, replace
from itertools import pairwise
from math import inf

from streams.domain.notify_rules import SEVERITIES


@dataclass(frozen=True, slots=True)
class Ladder:
    """One to four rising numbers: beyond the first it is low, then medium, high, critical.

    A severity without a step is never reached. What is measured lies between `least` and `most`:
    a step outside would be passed always, or never. Raises ValueError for what is no ladder.
    """

    steps: tuple[float, ...]
    least: float = 0.0
    most: float = inf

    def __post_init__(self) -> None:
        rising = all(before < after for before, after in pairwise(self.steps))
        within = all(self.least <= step < self.most for step in self.steps)
        if not (rising and within and 0 < len(self.steps) <= len(SEVERITIES)):
            said = ", ".join(f"{step:g}" for step in self.steps)
            below = f", below {self.most:g}" if self.most < inf else ""
            raise ValueError(
                f"expected one to four rising numbers >= {self.least:g}{below}, was [{said}]"
            )

    @property
    def low(self) -> float:
        """Where the ordinary ends."""
        return self.steps[0]

    def rank(self, size: float) -> int:
        """How many steps `size` is beyond: 0 is ordinary (a NaN too), 4 critical."""
        return sum(size > step for step in self.steps)

    def with_steps(self, steps: tuple[float, ...]) -> "Ladder":
        """Others, of what is measured alike."""
        return replace(self, steps=steps)

    def from_low(self, low: float) -> "Ladder":
        """The same ladder with another first step, and the others in proportion.

        To the first step; where there is a most, to what is left up to that; where the first step
        was 0, there is no proportion, and those above the new one stay.
        """
        if self.most < inf:
            left = (self.most - low) / (self.most - self.low)
            return self.with_steps(
                (low, *(self.most - left * (self.most - step) for step in self.steps[1:]))
            )
        if not self.low:
            return self.with_steps((low, *(step for step in self.steps[1:] if step > low)))
        return self.with_steps(tuple(low * (step / self.low) for step in self.steps))
