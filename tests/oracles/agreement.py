"""How far an indicator and an independent reference of it are apart."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from streams.domain.indicators.catalogue import indicator
from streams.domain.indicators.indicator import Indicator
from tests.oracles.series import Columns, Floats, Found, Mask, streamed

Compute = Callable[[Columns], Found]
Rows = Callable[[Columns], Mask]


@dataclass(frozen=True, slots=True)
class Oracle:
    """A reference of one indicator. `apart` marks rows on which the definitions differ.

    Differences are relative to the price where the values are small differences of prices.
    """

    name: str
    reference: str
    compute: Compute
    apart: Rows | None = None
    of_price: bool = False

    @property
    def indicator(self) -> Indicator:
        return indicator(self.name, seeded=True)


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far an indicator and its reference are apart; `rows` were compared.

    `difference` is the largest relative one: |ours - theirs| over |theirs|, or over a thousandth of
    the largest of theirs where they pass through 0. `misfit` counts the rows on which only one has
    a value, those left out on which ours begins earlier.
    """

    rows: int
    difference: float
    misfit: int


def agreement(oracle: Oracle, columns: Columns) -> Agreement:
    """Of all values of the oracle together."""
    ours, theirs = streamed(oracle.indicator, columns), oracle.compute(columns)
    together = np.full(len(columns.close), True)
    if oracle.apart is not None:
        together = ~oracle.apart(columns)
    found = [_agreement(oracle, columns, together, ours[n], theirs[n]) for n in theirs]
    return Agreement(
        sum(each.rows for each in found),
        max(each.difference for each in found),
        sum(each.misfit for each in found),
    )


def _agreement(
    oracle: Oracle, columns: Columns, together: Mask, ours: Floats, theirs: Floats
) -> Agreement:
    mine, other = ~np.isnan(ours), ~np.isnan(theirs)
    begun = np.logical_or.accumulate(other)
    misfit = int(((mine != other) & begun & together).sum())
    rows = mine & other & together
    if not rows.any():
        return Agreement(0, 0.0, misfit)
    reference = np.abs(theirs[rows])
    scale = (
        columns.close[rows] if oracle.of_price else np.maximum(reference, 1e-3 * reference.max())
    )
    apart = np.abs(ours[rows] - theirs[rows])
    largest = np.divide(apart, scale, out=np.zeros_like(apart), where=apart > 0).max()
    return Agreement(int(rows.sum()), float(largest), misfit)
