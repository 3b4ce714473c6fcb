"""Price outliers: a return that is far from the last ones, by median and MAD.

Means and standard deviations are drawn along by the very outliers that they are to find; medians
are not (B. Iglewicz and D. Hoaglin, How to Detect and Handle Outliers, 1993: modified z-scores).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, inf, log
from statistics import median

from streams.domain.anomalies.finding import Finding
from streams.domain.anomalies.ladder import Ladder
from streams.domain.indicator_row import IndicatorRow

_MAD = 1.482602218505602
"""Of a normal distribution: the standard deviation over the median absolute deviation."""
_MEAN_AD = 1.2533141373155001
"""Over the mean absolute deviation, sqrt(pi / 2)."""
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class PriceOutlier:
    """`|return - median| / (1.4826 * MAD)` of log returns beyond the ladder.

    Median and MAD (median absolute deviation) are of the up to `period` returns before this bar's,
    at least `least`. Where more than half of the returns are equal the MAD is 0, and 1.2533 times
    the mean absolute deviation stands in; where all are, nothing can be said. State: the returns
    and the last close.
    """

    period: int = 60
    least: int = 30

    @property
    def kind(self) -> str:
        return "price_outlier"

    def step(
        self, state: Sequence[float] | None, row: IndicatorRow, ladder: Ladder
    ) -> tuple[list[float] | None, Finding | None]:
        if not 0 < row.close < inf:
            return None, None
        if not state:
            return [row.close], None
        before, *returns = state
        latest = log(row.close) - log(before)
        after = [row.close, *returns[1 - self.period :], latest]
        scale, middle = _spread(returns) if len(returns) >= self.least else (0.0, 0.0)
        if not scale:
            return after, None
        score = (latest - middle) / scale
        rank = ladder.rank(abs(score))
        if not rank:
            return after, None
        border = middle + (ladder.low if score > 0 else -ladder.low) * scale
        said = f"{100 * (row.close / before - 1):+.2f} % in one bar is a robust z of {score:+.1f}"
        expected, allowed = before * _exp(middle), before * _exp(border)
        return after, Finding(self.kind, rank, row.close, expected, allowed, said)


def _exp(value: float) -> float:
    """No OverflowError for prices that jump by hundreds of orders of magnitude."""
    return exp(min(value, 700.0))


def _spread(returns: Sequence[float]) -> tuple[float, float]:
    """(scale, median); what is but a rounding error counts as 0."""
    middle = median(returns)
    off = [abs(value - middle) for value in returns]
    for scale in (_MAD * median(off), _MEAN_AD * sum(off) / len(off)):
        if scale > _ROUNDING:
            return scale, middle
    return 0.0, middle
