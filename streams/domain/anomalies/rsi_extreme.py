"""RSI extremes: overbought or oversold."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from streams.domain.anomalies.finding import Finding
from streams.domain.anomalies.ladder import Ladder
from streams.domain.indicator_row import IndicatorRow


@dataclass(frozen=True, slots=True)
class RsiExtreme:
    """RSI(14) above the ladder, or below 100 less the ladder.

    The RSI is the row's. A price that hardly moves has an RSI of 0 or 100 after a single change,
    which says nothing: at least `moves` of the last `period` changes must not be zero. State: the
    last `period + 1` closes.
    """

    period: int = 14
    moves: int = 7

    @property
    def kind(self) -> str:
        return "rsi_extreme"

    def step(
        self, state: Sequence[float] | None, row: IndicatorRow, ladder: Ladder
    ) -> tuple[list[float], Finding | None]:
        closes = [*(state or ()), row.close][-self.period - 1 :]
        rsi = row.values.get(f"rsi{self.period}")
        if rsi is None or sum(a != b for a, b in pairwise(closes)) < self.moves:
            return closes, None
        rank = ladder.rank(max(rsi, 100 - rsi))
        if not rank:
            return closes, None
        over = rsi > 50
        border = ladder.low if over else 100 - ladder.low
        word = "overbought" if over else "oversold"
        return closes, Finding(self.kind, rank, rsi, 50.0, border, f"RSI {rsi:.1f}: {word}")
