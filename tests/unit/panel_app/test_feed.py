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
