import pytest

from panel_app.feed import Feed, FeedState


@pytest.mark.parametrize(
    ("age", "open_bars", "state"),
    [
        (1.0, 0, FeedState.LIVE),
        (3.0, 5, FeedState.LIVE),
        (3.1, 5, FeedState.STALE),
        (3.1, 0, FeedState.IDLE),
        (700.0, 5, FeedState.IDLE),
    ],
)
def test_state_follows_age_and_whether_bars_are_open(
    age: float, open_bars: int, state: FeedState
) -> None:
    feed = Feed(clock=lambda: 10_000.0)
    feed.took(1, 0, 10_000.0 - age)
    feed.caught_up()
    assert feed.status(open_bars).state is state


def test_a_feed_without_any_message_is_idle_and_has_no_age() -> None:
    feed = Feed()
    assert feed.status(0).state is FeedState.DOWN
    feed.connected(True)
    assert feed.status(0).state is FeedState.LOADING
    feed.caught_up()
    assert (feed.status(0).state, feed.status(0).age) == (FeedState.IDLE, None)


def test_kafka_away_is_said_before_anything_else() -> None:
    feed = Feed(clock=lambda: 100.0)
    feed.took(1, 0, 100.0)
    feed.caught_up()
    feed.connected(False)
    assert feed.status(1).state is FeedState.DOWN


def took_at(times: list[float], now: float) -> FeedState:
    feed = Feed(clock=lambda: now)
    feed.caught_up()
    for time in times:
        feed.took(1, 0, time)
    return feed.status(open_bars=1).state


def test_a_feed_that_comes_once_a_minute_is_not_stale_between() -> None:
    minutes = [1_000.0, 1_060.0, 1_060.1, 1_120.0, 1_120.1]
    assert took_at(minutes, 1_180.0) is FeedState.LIVE
    assert took_at(minutes, 1_184.0) is FeedState.STALE


def test_one_outage_does_not_make_the_next_one_usual() -> None:
    assert took_at([1_000.0, 1_000.5, 1_030.0, 1_030.5], 1_034.0) is FeedState.STALE


def test_pauses_of_long_ago_are_forgotten_and_long_ones_are_not_waited_for() -> None:
    assert took_at([1_000.0, 1_060.0, 1_120.0, 1_320.0, 1_320.2], 1_324.0) is FeedState.STALE
    assert took_at([1_000.0, 1_090.0, 1_180.0], 1_244.0) is FeedState.STALE
