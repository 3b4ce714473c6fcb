"""Confidence intervals of shares and means of what follows one another in time.

Bars that are near in time resemble each other, and symbols at one moment move together. So moments
are drawn in blocks, with all their symbols: the circular block bootstrap (Politis and Romano,
1992), blocks of the cube root of the number of moments, or of the horizon where labels overlap.
Shares of one symbol whose outcomes do not overlap have Wilson's interval instead: where the price
is a random walk the hits of any rule are independent, and it is exact enough for any number.
"""

from dataclasses import dataclass

import numpy as np

from streams.apps.train.dataset import Floats, Ints


@dataclass(frozen=True, slots=True)
class Blocks:
    """Draws of moments: made once, used for everything that is said about them."""

    moment: Ints
    """The number of each bar's moment."""
    starts: Ints
    """(draws, blocks): where each block begins."""
    length: int
    count: int
    """How many moments there are."""

    @classmethod
    def of(cls, known: Ints, *, overlap: int = 1, seed: int, draws: int) -> "Blocks":
        """`known` are the times of the bars; labels reach over `overlap` bars."""
        moments, moment = np.unique(known, return_inverse=True)
        count = len(moments)
        length = min(count, max(overlap, round(count ** (1 / 3)), 1))
        blocks = -(-count // length)
        starts = np.random.default_rng(seed).integers(0, count, (draws, blocks))
        return cls(np.asarray(moment, np.int64), np.asarray(starts, np.int64), length, count)

    def ratios(self, value: Floats, weight: Floats) -> Floats:
        """sum(value) / sum(weight) of each draw; NaN where a draw has no weight."""
        above, below = self._sums(value), self._sums(weight)
        nothing = np.full(len(above), np.nan)
        return np.asarray(np.divide(above, below, out=nothing, where=below > 0), np.float64)

    def _sums(self, values: Floats) -> Floats:
        of_moment = np.bincount(self.moment, values, self.count)
        around = np.concatenate([[0.0], np.cumsum(np.concatenate([of_moment, of_moment]))])
        return np.asarray(
            (around[self.starts + self.length] - around[self.starts]).sum(axis=1), np.float64
        )


def interval(draws: Floats, confidence: float = 0.95) -> tuple[float, float]:
    """The middle share of the draws (percentile interval); NaN where there is none."""
    draws = draws[~np.isnan(draws)]
    if not len(draws):
        return float("nan"), float("nan")
    low, high = np.quantile(draws, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)
