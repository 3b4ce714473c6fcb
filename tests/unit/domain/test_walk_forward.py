"""The walk-forward's folds: nothing of a test is in its training, or near it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.domain.errors import ConfigError, InputError
from streams.domain.prediction import parse_horizons, vote_of
from streams.domain.walk_forward import walk_forward


def test_folds_follow_each_other_and_cover_what_is_left() -> None:
    folds = walk_forward(list(range(100)), 3, embargo=5)
    assert [(f.train_until, f.start, f.end) for f in folds] == [
        (35, 40, 60), (55, 60, 80), (75, 80, 100),
    ]  # fmt: skip


def test_a_label_that_reaches_into_the_test_or_its_embargo_is_purged() -> None:
    (fold,) = walk_forward(list(range(10)), 1, embargo=2)
    assert fold.start == 4
    # Known at n, decided at n + 1: the sample of 1 ends before 4 - 2, that of 2 does not.
    assert [n for n in range(10) if fold.trains(n + 1)] == [0]
    assert [n for n in range(10) if fold.tests(n)] == [4, 5, 6, 7, 8, 9]


@given(
    st.lists(st.integers(0, 400), min_size=40, max_size=300),
    st.integers(1, 6), st.integers(0, 30), st.integers(1, 20),
)  # fmt: skip
def test_training_always_ends_before_its_test(
    known: list[int], folds: int, embargo: int, horizon: int
) -> None:
    try:
        found = walk_forward(known, folds, embargo=embargo)
    except InputError:
        assert len(set(known)) < 40
        return
    tested = []
    for fold in found:
        trained = [time for time in known if fold.trains(time + horizon)]
        assert all(time + horizon + embargo < fold.start for time in trained)
        tested += [time for time in known if fold.tests(time)]
    first = found[0].start
    assert sorted(tested) == sorted(time for time in known if time >= first)


def test_too_few_bars_is_an_error_that_counts_them() -> None:
    with pytest.raises(InputError, match="enough bars for 5 folds, was 6 bars"):
        walk_forward(list(range(6)), 5, embargo=0)


@pytest.mark.parametrize(
    ("probability", "margin", "vote"),
    [
        (0.6, 0.02, "UP"), (0.52, 0.02, "UP"), (0.519, 0.02, "NEUTRAL"), (0.5, 0.0, "NEUTRAL"),
        (0.501, 0.0, "UP"), (0.48, 0.02, "DOWN"), (0.481, 0.02, "NEUTRAL"), (0.0, 0.4, "DOWN"),
    ],
)  # fmt: skip
def test_votes(probability: float, margin: float, vote: str) -> None:
    assert vote_of(probability, margin) == vote


def test_horizons_are_sorted_and_named_when_wrong() -> None:
    assert parse_horizons("12, 1,3,3") == (1, 3, 12)
    for text in ("", "0", "1,x", "-1", "1001"):
        with pytest.raises(ConfigError, match="--horizons: expected bars"):
            parse_horizons(text)
