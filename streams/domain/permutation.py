"""Would the same positions have done as well at other times? A permutation test.

D. Aronson, Evidence-Based Technical Analysis, 2006, chapter 5 (the Monte Carlo permutation of
T. Masters): a rule that knows nothing does as well against the returns in another order.
Here the order is turned around a circle, so that both keep their runs, and the turns are evenly
spread instead of drawn, so that the answer is the same each time.

```
returns     r0 r1 r2 r3 r4 r5        positions       0 +1 +1 +1  0 -1
turned by 2                          positions       0 -1  0 +1 +1 +1
```
Costs are the same for every turn and so are left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import fsum

MAX_TURNS = 2_000


@dataclass(frozen=True, slots=True)
class PermutationTest:
    """The sum of position * return as it was, and of every turn, this one included."""

    actual: float
    turned: Sequence[float]

    @property
    def p_value(self) -> float:
        """The share of turns that did as well: small where the timing is no chance."""
        slack = 1e-12 * max(1.0, abs(self.actual))
        return sum(value >= self.actual - slack for value in self.turned) / len(self.turned)


def permutation_test(
    series: Sequence[tuple[Sequence[int], Sequence[float]]], most: int = MAX_TURNS
) -> PermutationTest | None:
    """Of several series at once: (positions, returns) of equal length, each turned alike.

    At most `most` turns, evenly spread over the longest. None where nothing was held.
    """
    prepared = [_Turning(positions, values) for positions, values in series if values]
    turns = min(most, max((each.length for each in prepared), default=0))
    if not any(each.runs for each in prepared):
        return None
    turned = [
        fsum(each.turned(turn * each.length // turns) for each in prepared) for turn in range(turns)
    ]
    return PermutationTest(turned[0], turned)


class _Turning:
    """Runs of a position, and sums of returns around the circle."""

    def __init__(self, positions: Sequence[int], values: Sequence[float]) -> None:
        self.length = len(values)
        self.runs = _runs(positions)
        self._sums = list(accumulate((*values, *values), initial=0.0))

    def turned(self, by: int) -> float:
        sums = self._sums
        return fsum(
            position * (sums[end + by] - sums[begin + by]) for position, begin, end in self.runs
        )


def _runs(positions: Sequence[int]) -> list[tuple[int, int, int]]:
    """(position, begin, end) of every stretch that holds something."""
    edges = [0, *(i for i in range(1, len(positions)) if positions[i] != positions[i - 1])]
    ends = [*edges[1:], len(positions)]
    return [
        (positions[begin], begin, end)
        for begin, end in zip(edges, ends, strict=True)
        if begin < end and positions[begin]
    ]
