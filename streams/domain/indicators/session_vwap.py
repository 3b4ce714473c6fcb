"""Volume-weighted average price since the session's start."""

from collections.abc import Sequence
from dataclasses import dataclass

from streams.domain.bar import Bar
from streams.domain.interval import DAY_MS


@dataclass(frozen=True, slots=True)
class SessionVwap:
    """`sum(vwap * volume) / sum(volume)` over the bars of the UTC day, in the units of the price.

    Berkowitz, Logue and Noser, The Total Cost of Transactions on the NYSE, Journal of Finance 43:1,
    1988. Nothing before the day's first volume. State: the day, both sums; O(1).
    """

    @property
    def name(self) -> str:
        return "vwap_session"

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name,)

    def step(self, state: Sequence[float] | None, bar: Bar) -> tuple[list[float], dict[str, float]]:
        day = bar.start // DAY_MS
        paid, volume = state[1:] if state is not None and state[0] == day else (0.0, 0.0)
        paid, volume = paid + bar.vwap * bar.volume, volume + bar.volume
        return [day, paid, volume], {self.name: paid / volume} if volume else {}
