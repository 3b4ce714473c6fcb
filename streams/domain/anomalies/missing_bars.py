"""Missing bars: a symbol that has a bar nearly always had none for a while."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from streams.domain.anomalies.finding import Finding
from streams.domain.anomalies.ladder import Ladder
from streams.domain.indicator_row import IndicatorRow


@dataclass(frozen=True, slots=True)
class MissingBars:
    """More bars missing before this one than the ladder says, a count.

    ```
     |1|2|3|.|.|.|.|8|      bar 8 starts 5 lengths after bar 3: 4 are missing
    ```
    Told at the first bar after the gap. A symbol that seldom trades misses bars all the time: the
    step must be beyond `times` the median of its last `period` steps, of which there must be
    `least`. A step longer than `closed_after` (ms, 0: none is) is a market that was closed. State:
    the last start, and the last steps in bars.
    """

    closed_after: int = 7_200_000
    times: float = 5.0
    period: int = 20
    least: int = 10

    @property
    def kind(self) -> str:
        return "missing_bars"

    def step(
        self, state: Sequence[float] | None, row: IndicatorRow, ladder: Ladder
    ) -> tuple[list[float], Finding | None]:
        length = row.end - row.start
        if not state or length <= 0:
            return [row.start], None
        last, *steps = state
        span = row.start - last
        after = [row.start, *steps[1 - self.period :], span / length]
        closed = self.closed_after and span > self.closed_after
        if len(steps) < self.least or closed:
            return after, None
        usual, missing = median(steps), span / length - 1
        rank = ladder.rank(missing)
        if not rank or span / length <= self.times * usual:
            return after, None
        said = f"{missing:.0f} bars are missing before this one, {span // 1_000} s without a tick"
        return after, Finding(self.kind, rank, missing, usual - 1, ladder.low, said)
