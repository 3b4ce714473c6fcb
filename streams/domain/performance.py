"""Figures of an equity curve: Sharpe ratio, moments of its returns, how long a year is in bars."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import fsum, sqrt

from streams.domain.interval import DAY_MS

WEEKDAYS_A_YEAR, DAYS_A_YEAR = 252, 365
_SATURDAY = 2  # 1970-01-01 was a Thursday


@dataclass(frozen=True, slots=True)
class Moments:
    """Of returns per bar: mean, sample standard deviation, skewness, kurtosis (3 if normal)."""

    count: int
    mean: float
    deviation: float
    skewness: float
    kurtosis: float

    @property
    def sharpe(self) -> float | None:
        """Mean over standard deviation, per bar, against a riskless return of 0.

        W. F. Sharpe, "The Sharpe Ratio", Journal of Portfolio Management 21 (1), 1994, pages
        49-58. None where nothing varies.
        """
        return self.mean / self.deviation if self.deviation > 0 else None


def returns(curve: Sequence[float]) -> list[float]:
    """Of an equity curve that starts from 1: one per bar; from nothing nothing comes."""
    return [after / before - 1 if before else 0.0 for before, after in pairwise([1.0, *curve])]


def moments(values: Sequence[float]) -> Moments | None:
    """None for fewer than two; skewness and kurtosis are the population's."""
    count = len(values)
    if count < 2:
        return None
    mean = fsum(values) / count
    off = [value - mean for value in values]
    variance = fsum(o * o for o in off) / count
    if variance <= (1e-12 * mean) ** 2:  # what rounding leaves where nothing varies
        return Moments(count, mean, 0.0, 0.0, 3.0)
    scale = sqrt(variance)
    skewness = fsum((o / scale) ** 3 for o in off) / count
    kurtosis = fsum((o / scale) ** 4 for o in off) / count
    return Moments(count, mean, scale * sqrt(count / (count - 1)), skewness, kurtosis)


def worst_drawdown(curve: Sequence[float]) -> float:
    """The deepest fall below the highest value before, of a curve that starts from 1; <= 0."""
    peak, worst = 1.0, 0.0
    for value in curve:
        peak = max(peak, value)
        worst = min(worst, value / peak - 1)
    return worst


def bars_a_year(starts: Sequence[int]) -> float:
    """How many bars a year has, by those of a tape (epoch ms): a guess, and never more than that.

    Bars per day that has any, times 365 where a Saturday has some, else times 252.
    """
    days = {start // DAY_MS for start in starts}
    if not days:
        return float(WEEKDAYS_A_YEAR)
    whole = any(day % 7 == _SATURDAY for day in days)
    return len(starts) / len(days) * (DAYS_A_YEAR if whole else WEEKDAYS_A_YEAR)
