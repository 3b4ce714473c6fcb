"""Walk-forward validation that cannot see the future: purged, with an embargo.

```
fold 1   |====== train ======|-purge-|-embargo-|== test ==|
fold 2   |============ train ===========|-purge-|-embargo-|== test ==|
```
A sample is known at `known` (the close of its bar) and its label at `decided` (the close that the
label is about), both epoch ms. A training sample whose label is decided within the embargo before
the test, or later, is left out: its label overlaps what is tested (purging), or lies so near that
both share the same moving windows (embargo). M. López de Prado, Advances in Financial Machine
Learning, 2018, chapter 7.4; there training data may also follow the test, here it never does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from streams.domain.errors import InputError


@dataclass(frozen=True, slots=True)
class Fold:
    """Train on what is decided before `train_until`; test what is known in `[start, end)`."""

    train_until: int
    start: int
    end: int

    def trains(self, decided: int) -> bool:
        return decided < self.train_until

    def tests(self, known: int) -> bool:
        return self.start <= known < self.end


def walk_forward(
    known: Sequence[int], folds: int, *, embargo: int, first_share: float = 0.4
) -> list[Fold]:
    """`folds` tests, one after the other, that cover what follows the first share of the moments.

    `known` are the samples' times in any order, `embargo` is in ms. Every moment belongs to one
    side of a boundary, so samples of several symbols at one moment are never torn apart. Raises
    InputError when there are too few moments.
    """
    moments = sorted(set(known))
    first = int(len(moments) * first_share)
    if folds < 1 or first < 2 or len(moments) - first < folds:
        raise InputError(
            f"validation: expected enough bars for {folds} folds, was {len(moments)} bars"
        )
    bounds = [first + (len(moments) - first) * n // folds for n in range(folds + 1)]
    ends = [moments[at] for at in bounds[:-1]] + [moments[-1] + 1]
    return [Fold(start - embargo, start, end) for start, end in pairwise(ends)]
