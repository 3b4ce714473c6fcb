"""Heartbeats: who gets one, when, and that they can make nothing late."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streams.adapters.tape.chunk import Ticks
from streams.apps.open_bars import NEVER, OpenBars
from streams.apps.replay.pace import coming_after, forecast, lap_ms

LENGTHS = (60, 300)


Pair = tuple[int, int]


def ticks(pairs: list[Pair]) -> Ticks:
    codes = np.array([code for code, _ in pairs], np.int32)
    ts = np.array([ts for _, ts in pairs], np.int64)
    zeros = np.zeros(len(pairs), np.int64)
    return Ticks(codes, zeros.astype(np.int16), zeros, ts, np.maximum.accumulate(ts), {})


def test_a_symbol_is_told_once_per_bar_that_ended() -> None:
    bars = OpenBars(LENGTHS, 0)
    bars.add(np.array([0], np.int32), np.array([10]), 2)
    coming = np.array([1_000, NEVER])
    assert bars.due(59, coming) == []
    assert bars.due(60, coming) == [(0, 60)]
    assert bars.due(299, coming) == []
    assert bars.due(310, coming) == [(0, 310)]
    assert bars.due(100_000, coming) == []
    bars.add(np.array([0], np.int32), np.array([1_000]), 2)
    assert bars.due(100_000, np.array([NEVER, NEVER])) == [(0, 100_000)]


def test_no_heartbeat_while_a_tick_of_the_bar_is_still_to_come() -> None:
    bars = OpenBars(LENGTHS, 0)
    bars.add(np.array([0], np.int32), np.array([70]), 1)
    assert bars.due(500, np.array([55])) == []
    assert bars.due(500, np.array([130])) == [(0, 130)]


def test_grace_holds_a_bar_open() -> None:
    bars = OpenBars(LENGTHS, 30)
    bars.add(np.array([0], np.int32), np.array([10]), 1)
    assert bars.due(89, np.array([NEVER])) == []
    assert bars.due(90, np.array([NEVER])) == [(0, 90)]


def test_a_lap_is_whole_days() -> None:
    day = 86_400_000
    assert lap_ms(5, 6) == day
    assert lap_ms(day - 1, day) == 2 * day


@given(
    st.lists(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2_000)), max_size=12), max_size=5)
)
def test_what_is_to_come_is_the_smallest_later_time_of_the_symbol(chunks: list[list[Pair]]) -> None:
    everything = [pair for chunk in chunks for pair in chunk]
    ahead = forecast([ticks(chunk) for chunk in chunks])
    if ahead is None:
        assert not everything
        return
    sent = 0
    for chunk, (codes, later) in zip(chunks, ahead.after, strict=True):
        after = coming_after(ticks(chunk), codes, later).tolist()
        for code, _ in chunk:
            sent += 1
            rest = [ts for other, ts in everything[sent:] if other == code]
            assert after.pop(0) == min(rest, default=NEVER)
    for code in range(len(ahead.smallest)):
        first = min((ts for other, ts in everything if other == code), default=NEVER)
        assert ahead.smallest[code] == first


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2_000)), min_size=1, max_size=30),
       st.integers(0, 100), st.lists(st.integers(0, 3_000), max_size=6))  # fmt: skip
def test_a_heartbeat_never_makes_a_tick_late(
    pairs: list[Pair], grace: int, clocks: list[int]
) -> None:
    ahead = forecast([ticks(pairs)])
    assert ahead is not None
    coming = ahead.smallest.copy()
    [(codes, later)] = ahead.after
    after = coming_after(ticks(pairs), codes, later)
    bars = OpenBars(LENGTHS, grace)
    told = dict.fromkeys(range(3), -1)
    for at, (code, ts) in enumerate(pairs):
        assert ts >= told[code]
        bars.add(np.array([code], np.int32), np.array([ts]), len(ahead.smallest))
        coming[code] = after[at]
        for clock in clocks:
            told |= dict(bars.due(clock, coming))
