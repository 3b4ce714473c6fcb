"""Volume spikes: a bar with far more volume than the last ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from streams.domain.anomalies.finding import Finding
from streams.domain.anomalies.ladder import Ladder
from streams.domain.indicator_row import IndicatorRow


@dataclass(frozen=True, slots=True)
class VolumeSpike:
    """`volume / mean` beyond the ladder, a multiple; the mean is of the `period` bars before.

    Nothing before `period` bars, nor while those had no volume. State: their volumes.
    """

    period: int = 20

    @property
    def kind(self) -> str:
        return "volume_spike"

    def step(
        self, state: Sequence[float] | None, row: IndicatorRow, ladder: Ladder
    ) -> tuple[list[float], Finding | None]:
        volumes = list(state or ())
        after = [*volumes, row.volume][-self.period :]
        mean = sum(volumes) / self.period
        if len(volumes) < self.period or not 0 < mean < inf:
            return after, None
        times = row.volume / mean
        rank = ladder.rank(times)
        if not rank:
            return after, None
        said = f"volume {row.volume:.6g} is {times:.1f} times the mean of {self.period} bars"
        return after, Finding(self.kind, rank, row.volume, mean, ladder.low * mean, said)
