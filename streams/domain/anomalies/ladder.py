"""How far is too far: the steps from low to critical of one kind of anomaly."""

from dataclasses import dataclass
from itertools import pairwise
from math import inf

from streams.domain.notify_rules import SEVERITIES


@dataclass(frozen=True, slots=True)
class Ladder:
    """One to four rising numbers: beyond the first it is low, then medium, high, critical.

    A severity without a step is never reached. Raises ValueError for what is no ladder.
    """

    steps: tuple[float, ...]

    def __post_init__(self) -> None:
        rising = all(before < after for before, after in pairwise(self.steps))
        finite = all(0 <= step < inf for step in self.steps)
        if not (rising and finite and 0 < len(self.steps) <= len(SEVERITIES)):
            said = ", ".join(f"{step:g}" for step in self.steps)
            raise ValueError(f"expected one to four rising numbers >= 0, was [{said}]")

    @property
    def low(self) -> float:
        """Where the ordinary ends."""
        return self.steps[0]

    def rank(self, size: float) -> int:
        """How many steps `size` is beyond: 0 is ordinary (a NaN too), 4 critical."""
        return sum(size > step for step in self.steps)

    def from_low(self, low: float) -> "Ladder":
        """The same ladder with another first step, the others in proportion."""
        if not self.low:
            return Ladder((low,))
        return Ladder(tuple(low * (step / self.low) for step in self.steps))
