"""On-balance volume."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from streams.domain.bar import Bar


@dataclass(frozen=True, slots=True)
class Obv:
    """Volume, added where the close rose and taken away where it fell; from the first bar on.

    Granville, New Key to Stock Market Profits, 1963. It starts from the first bar's volume, as
    TA-Lib's does; only its changes mean something. State: the last close, the sum and what its
    rounding has lost (Neumaier, Zeitschrift für Angewandte Mathematik und Mechanik 54, 1974), so
    that it does not drift; O(1). It starts anew where it would not be finite.
    """

    @property
    def name(self) -> str:
        return "obv"

    @property
    def names(self) -> tuple[str, ...]:
        return ("obv",)

    def step(self, state: Sequence[float] | None, bar: Bar) -> tuple[list[float], dict[str, float]]:
        if state is None:
            return [bar.close, bar.volume, 0.0], {"obv": bar.volume}
        before, total, lost = state
        side = (bar.close > before) - (bar.close < before)
        moved = side * bar.volume
        after = total + moved
        lost += (total - after) + moved if abs(total) >= abs(moved) else (moved - after) + total
        if not isfinite(after + lost):
            after, lost = bar.volume, 0.0
        return [bar.close, after, lost], {"obv": after + lost}
