"""Breakouts: the fast EMA crosses the slow one (DEBS 2022 Grand Challenge, query 2)."""

from collections.abc import Sequence
from dataclasses import dataclass

from streams.domain.indicator_row import IndicatorRow
from streams.domain.indicators.catalogue import FAST, SLOW
from streams.domain.signal import Side, Signal, signal_at

KIND = "breakout"


@dataclass(frozen=True, slots=True)
class Breakout:
    """Buy when `fast > slow` after `fast <= slow`; Sell when `fast < slow` after `fast >= slow`.

    Before the first bar both count as 0 unless `seeded`, where the first bar never signals. The
    strength is the distance of the EMAs over the close (a plain ratio). Silent where a row has not
    both EMAs.
    """

    seeded: bool = True
    fast: str = f"ema{FAST}"
    slow: str = f"ema{SLOW}"

    @property
    def name(self) -> str:
        return KIND

    def step(
        self, state: Sequence[float] | None, row: IndicatorRow
    ) -> tuple[Sequence[float] | None, Sequence[Signal]]:
        """The EMAs to remember, and the signal at this bar's close if there is one."""
        fast, slow = row.values.get(self.fast), row.values.get(self.slow)
        if fast is None or slow is None:
            return state, ()
        if state is None and self.seeded:
            return [fast, slow], ()
        before_fast, before_slow = state or (0.0, 0.0)
        if fast > slow and before_fast <= before_slow:
            side = Side.BUY
        elif fast < slow and before_fast >= before_slow:
            side = Side.SELL
        else:
            return [fast, slow], ()
        return [fast, slow], (self._signal(row, side, fast, slow),)

    def _signal(self, row: IndicatorRow, side: Side, fast: float, slow: float) -> Signal:
        word = "above" if side is Side.BUY else "below"
        return signal_at(
            row,
            KIND,
            side,
            abs(fast - slow) / row.close,
            f"{self.fast.upper()} {fast:.6g} crossed {word} {self.slow.upper()} {slow:.6g}",
        )
