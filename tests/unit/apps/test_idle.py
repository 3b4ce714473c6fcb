"""When a silent live symbol is due for a heartbeat."""

from streams.apps.idle import IdleSymbols

MINUTE = 60_000


def test_a_bar_is_due_when_the_rest_of_it_and_the_allowance_have_passed() -> None:
    idle = IdleSymbols(2_000)
    idle.tick("A", arrival=1_000_000, last_ts=50_000, next_close=MINUTE)
    assert idle.due(1_011_999) == []
    assert idle.due(1_012_000) == [("A", MINUTE)]


def test_a_feed_that_runs_late_is_not_cut_short() -> None:
    idle = IdleSymbols(2_000)
    hour_old = 3_600_000
    idle.tick("A", arrival=2 * hour_old, last_ts=hour_old, next_close=hour_old + MINUTE)
    assert idle.due(2 * hour_old + MINUTE + 1_999) == []
    assert idle.due(2 * hour_old + MINUTE + 2_000) == [("A", hour_old + MINUTE)]


def test_it_is_asked_again_only_after_a_while() -> None:
    idle = IdleSymbols(0)
    idle.tick("A", 0, 0, 10)
    assert idle.due(20_000) == [("A", 10)]
    assert idle.due(29_999) == []
    assert idle.due(30_000) == [("A", 10)]


def test_the_next_interval_follows_and_then_nothing() -> None:
    idle = IdleSymbols(0)
    idle.tick("A", 0, 0, MINUTE)
    idle.due(MINUTE)
    idle.closed("A", 5 * MINUTE)
    assert idle.due(5 * MINUTE - 1) == []
    assert idle.due(5 * MINUTE) == [("A", 5 * MINUTE)]
    idle.closed("A", None)
    assert idle.due(60 * MINUTE) == []


def test_a_new_tick_puts_it_off() -> None:
    idle = IdleSymbols(0)
    idle.tick("A", 0, 0, MINUTE)
    idle.tick("A", 50_000, 50_000, MINUTE)
    assert idle.due(MINUTE - 1) == []
    idle.tick("A", MINUTE, MINUTE, None)
    assert idle.due(10 * MINUTE) == []


def test_a_mark_for_an_unknown_symbol_is_nothing() -> None:
    idle = IdleSymbols(0)
    idle.closed("A", MINUTE)
    assert idle.due(10 * MINUTE) == []
