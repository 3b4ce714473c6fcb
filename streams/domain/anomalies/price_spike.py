"""Price spikes: a price far from the mean of the last closes."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from streams.domain.anomalies.finding import Finding
from streams.domain.anomalies.ladder import Ladder
from streams.domain.indicator_row import IndicatorRow


@dataclass(frozen=True, slots=True)
class PriceSpike:
    """`|price - mean| / mean` beyond the ladder, a fraction.

    The mean is of the `period` closes before this bar, so that a spike does not hide in its own
    mean; the price is the bar's high or low, whichever is further from it, so that a spike within
    the bar counts. Nothing before `period` bars. State: those closes.
    """

    period: int = 20

    @property
    def kind(self) -> str:
        return "price_spike"

    def step(
        self, state: Sequence[float] | None, row: IndicatorRow, ladder: Ladder
    ) -> tuple[list[float], Finding | None]:
        closes = list(state or ())
        after = [*closes, row.close][-self.period :]
        mean = sum(closes) / self.period
        if len(closes) < self.period or not 0 < mean < inf:
            return after, None
        worst = row.high if row.high - mean >= mean - row.low else row.low
        rank = ladder.rank(abs(worst - mean) / mean)
        if not rank:
            return after, None
        border = mean * (1 + ladder.low if worst > mean else 1 - ladder.low)
        said = (
            f"{worst:.6g} is {100 * (worst / mean - 1):+.1f} % off the mean of {self.period} bars"
        )
        return after, Finding(self.kind, rank, worst, mean, border, f"{said}, {mean:.6g}")
