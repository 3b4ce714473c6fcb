"""Stale feeds: a live symbol from which nothing comes any more.

Only live ones: what a tape does not hold is `missing_bars`, whatever speed it is replayed at.
"""

from dataclasses import dataclass

from streams.domain.anomalies.finding import Finding
from streams.domain.anomalies.ladder import Ladder

KIND = "stale_feed"
_MEMORY = 100
"""Ticks after which half of the mean gap is new."""
_TIMES = 20.0


@dataclass(frozen=True, slots=True)
class FeedState:
    """The exponential mean of the time (ms) between ticks; 0 before the second one."""

    last: int = -1
    gap: float = 0.0


def tick_gap(state: FeedState, ticks: int, last: int) -> FeedState:
    """The next state after `ticks` ticks, the latest of them at `last` (ms)."""
    if state.last < 0 or last < state.last:
        return FeedState(max(state.last, last), state.gap)
    gap = (last - state.last) / ticks
    weight = 1 - 0.5 ** (ticks / _MEMORY) if state.gap else 1.0
    return FeedState(last, state.gap + weight * (gap - state.gap))


def stale_feed(state: FeedState, clock: int, ladder: Ladder) -> Finding | None:
    """Silence (s) beyond the ladder and beyond 20 times the mean gap, at `clock` (epoch ms)."""
    silence = (clock - state.last) / 1_000
    usual = state.gap / 1_000
    if state.last < 0 or silence <= _TIMES * usual:
        return None
    rank = ladder.rank(silence)
    if not rank:
        return None
    said = f"no tick for {silence:.0f} s, one comes every {usual:.3g} s"
    return Finding(KIND, rank, silence, usual, ladder.low, said)


def next_look(state: FeedState, clock: int, ladder: Ladder) -> int | None:
    """When (epoch ms) after `clock` the silence passes the next step; None: no more."""
    if state.last < 0:
        return None
    steps = (state.last + int(step * 1_000) + 1 for step in ladder.steps)
    return next((at for at in steps if at > clock), None)
