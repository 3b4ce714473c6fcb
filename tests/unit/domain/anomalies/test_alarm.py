"""When an anomaly is told: at its beginning, when it gets worse, and not within the cooldown."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.domain.anomalies.alarm import AlarmState, alarm

COOLDOWN = 300_000


def told(*ranks_at: tuple[int, int], place: str = "1m") -> list[int]:
    """Times (ms) that are told, of (time, rank)."""
    state, times = AlarmState(), []
    for time, rank in ranks_at:
        state, loud = alarm(state, "k", place, rank, time, COOLDOWN)
        times += [time] if loud else []
    return times


@pytest.mark.parametrize(
    ("later", "expected"), [(1, [0]), (COOLDOWN - 1, [0]), (COOLDOWN, [0, COOLDOWN])]
)
def test_the_next_of_a_kind_is_held_back_until_the_cooldown_has_passed(
    later: int, expected: list[int]
) -> None:
    assert told((0, 1), (later - 1 if later > 1 else 0, 0), (later, 1)) == expected


def test_while_it_lasts_it_is_one() -> None:
    assert told(*((n * 60_000, 2) for n in range(60))) == [0]


def test_what_gets_worse_is_told_in_spite_of_the_cooldown_and_once() -> None:
    assert told((0, 1), (60_000, 3), (120_000, 3), (180_000, 2)) == [0, 60_000]


def test_what_was_held_back_is_told_after_the_cooldown_if_it_still_lasts() -> None:
    assert told((0, 2), (60_000, 0), (120_000, 2), (240_000, 2), (300_000, 2)) == [0, 300_000]


def test_a_worse_one_within_the_cooldown_is_told() -> None:
    assert told((0, 1), (60_000, 0), (120_000, 4), (180_000, 0), (240_000, 4)) == [0, 120_000]


def test_the_cooldown_is_of_the_kind_wherever_it_is_found() -> None:
    state, first = alarm(AlarmState(), "k", "1m", 1, 0, COOLDOWN)
    state, second = alarm(state, "k", "5m", 1, 1_000, COOLDOWN)
    state, other = alarm(state, "other", "5m", 1, 1_000, COOLDOWN)
    assert (first, second, other) == (True, False, True)


def test_time_that_goes_back_does_not_end_the_cooldown() -> None:
    assert told((COOLDOWN, 1), (COOLDOWN + 1, 0), (1, 1)) == [COOLDOWN]


def test_nothing_is_kept_of_what_is_over() -> None:
    state, _ = alarm(AlarmState(), "k", "1m", 1, 5, COOLDOWN)
    state, _ = alarm(state, "k", "1m", 0, 6, COOLDOWN)
    assert state == AlarmState({"k": [5, 1]}, {})


@given(st.lists(st.tuples(st.sampled_from(["1m", "5m"]), st.integers(0, 4)), max_size=60))
def test_dumping_and_loading_changes_nothing(steps: list[tuple[str, int]]) -> None:
    state = loaded = AlarmState()
    for number, (place, rank) in enumerate(steps):
        state, loud = alarm(state, "k", place, rank, number * 60_000, COOLDOWN)
        dumped = msgspec.msgpack.decode(msgspec.msgpack.encode(loaded), type=AlarmState)
        loaded, again = alarm(dumped, "k", place, rank, number * 60_000, COOLDOWN)
        assert (state, loud) == (loaded, again)
