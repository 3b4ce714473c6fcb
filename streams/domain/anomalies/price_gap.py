"""Price gaps: a bar that opens far from where the one before closed."""

from collections.abc import Sequence
from dataclasses import dataclass

from streams.domain.anomalies.finding import Finding
from streams.domain.anomalies.ladder import Ladder
from streams.domain.indicator_row import IndicatorRow


@dataclass(frozen=True, slots=True)
class PriceGap:
    """`|open - close before| / close before` beyond the ladder, a fraction.

    However much later the bar is: over night too. State: the last close.
    """

    @property
    def kind(self) -> str:
        return "price_gap"

    def step(
        self, state: Sequence[float] | None, row: IndicatorRow, ladder: Ladder
    ) -> tuple[list[float], Finding | None]:
        before = state[0] if state else 0.0
        if before <= 0:
            return [row.close], None
        gap = (row.open - before) / before
        rank = ladder.rank(abs(gap))
        if not rank:
            return [row.close], None
        border = before * (1 + ladder.low if gap > 0 else 1 - ladder.low)
        said = f"opened at {row.open:.6g}, {100 * gap:+.1f} % from the close before, {before:.6g}"
        return [row.close], Finding(self.kind, rank, row.open, before, border, said)
