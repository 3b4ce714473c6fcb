"""Breakouts: the fast EMA crosses the slow one (DEBS 2022 Grand Challenge, query 2)."""

from collections.abc import Mapping
from dataclasses import dataclass

from streams.domain.bar import Bar
from streams.domain.indicators.catalogue import FAST, SLOW
from streams.domain.signal import Side, Signal, signal_id

KIND = "breakout"
State = list[float]


@dataclass(frozen=True, slots=True)
class Breakout:
    """Buy when `fast > slow` after `fast <= slow`; Sell when `fast < slow` after `fast >= slow`.

    Before the first bar both count as 0 unless `seeded`, where the first bar never signals. The
    strength is the distance of the EMAs over the close (a plain ratio).
    """

    seeded: bool = True
    fast: str = f"ema{FAST}"
    slow: str = f"ema{SLOW}"

    def step(
        self, state: State | None, bar: Bar, values: Mapping[str, float], warm: bool
    ) -> tuple[State, Signal | None]:
        """The EMAs to remember, and the signal at this bar's close if there is one."""
        fast, slow = values[self.fast], values[self.slow]
        if state is None and self.seeded:
            return [fast, slow], None
        before_fast, before_slow = state or (0.0, 0.0)
        if fast > slow and before_fast <= before_slow:
            side = Side.BUY
        elif fast < slow and before_fast >= before_slow:
            side = Side.SELL
        else:
            return [fast, slow], None
        return [fast, slow], self._signal(bar, side, fast, slow, warm)

    def _signal(self, bar: Bar, side: Side, fast: float, slow: float, warm: bool) -> Signal:
        word = "above" if side is Side.BUY else "below"
        return Signal(
            id=signal_id(bar.symbol, bar.interval, bar.start, KIND),
            time=bar.end,
            symbol=bar.symbol,
            interval=bar.interval,
            kind=KIND,
            side=side,
            price=bar.close,
            strength=abs(fast - slow) / bar.close,
            warm=warm,
            reason=f"{self.fast.upper()} {fast:.6g} crossed {word} {self.slow.upper()} {slow:.6g}",
        )
