"""The fold: literal tables, and the invariants that any stream keeps."""

from itertools import pairwise
from math import inf

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.domain.bar import Bar
from streams.domain.fold import Fold, FoldState, Late
from streams.domain.tick import TickBatch

MINUTE = 60_000
LENGTHS = {"1m": MINUTE, "5m": 5 * MINUTE}


def batch(*ticks: tuple[int, float, float]) -> TickBatch:
    return TickBatch(
        "A", [t[0] for t in ticks], [t[1] for t in ticks], [t[2] for t in ticks], source="s"
    )


def fold_of(lengths: dict[str, int] = LENGTHS, grace: int = 0) -> Fold:
    return Fold("A", lengths, grace, FoldState())


def take(fold: Fold, *ticks: tuple[int, float, float]) -> tuple[list[Bar], list[Late]]:
    return fold.take(batch(*ticks), [(0, len(ticks))])


def test_a_bar_holds_first_highest_lowest_last_volume_and_vwap() -> None:
    fold = fold_of({"1m": MINUTE})
    take(fold, (1_000, 10.0, 1.0), (2_000, 12.0, 3.0), (3_000, 9.0, 0.0))
    assert list(fold.close(inf)) == [
        Bar("A", "1m", 0, MINUTE, 10.0, 12.0, 9.0, 9.0, 4.0, 46.0 / 4.0, 3, 3_000)
    ]


def test_vwap_is_the_close_where_nothing_had_a_size() -> None:
    fold = fold_of({"1m": MINUTE})
    fold.take(TickBatch("A", [1, 2], [10.0, 12.0]), [(0, 2)])
    (bar,) = fold.close(inf)
    assert (bar.volume, bar.vwap) == (0.0, 12.0)


def test_a_tick_on_the_boundary_opens_the_next_bar() -> None:
    fold = fold_of({"1m": MINUTE})
    bars, late = take(fold, (0, 1.0, 1.0), (MINUTE - 1, 2.0, 1.0), (MINUTE, 3.0, 1.0))
    assert [(bar.start, bar.close, bar.trades) for bar in bars] == [(0, 2.0, 2)]
    assert late == []


def test_every_interval_closes_at_its_own_time() -> None:
    fold = fold_of()
    bars, _ = take(fold, *((minute * MINUTE, float(minute + 1), 1.0) for minute in range(6)))
    assert [(bar.interval, bar.start // MINUTE, bar.close) for bar in bars] == [
        ("1m", 0, 1.0),
        ("1m", 1, 2.0),
        ("1m", 2, 3.0),
        ("1m", 3, 4.0),
        ("1m", 4, 5.0),
        ("5m", 0, 5.0),
    ]


def test_a_tick_after_its_bar_is_late_for_that_interval_and_counts_for_longer_ones() -> None:
    fold = fold_of()
    _, late = take(fold, (0, 1.0, 1.0), (MINUTE, 2.0, 1.0), (30_000, 9.0, 1.0))
    assert late == [Late(2, ("1m",))]
    five = [bar for bar in fold.close(inf) if bar.interval == "5m"]
    assert [(bar.high, bar.close, bar.trades) for bar in five] == [(9.0, 2.0, 3)]


def test_grace_keeps_a_bar_open_for_late_ticks() -> None:
    fold = fold_of({"1m": MINUTE}, grace=10_000)
    bars, late = take(fold, (0, 1.0, 1.0), (MINUTE + 9_999, 2.0, 1.0), (59_000, 3.0, 1.0))
    assert (bars, late) == ([], [])
    bars, late = take(fold, (MINUTE + 10_000, 4.0, 1.0), (59_500, 5.0, 1.0))
    assert [(bar.start, bar.close, bar.trades) for bar in bars] == [(0, 3.0, 2)]
    assert late == [Late(1, ("1m",))]


def test_the_close_is_the_latest_by_event_time_and_ties_go_to_the_later_arrival() -> None:
    fold = fold_of({"1m": MINUTE})
    take(fold, (5_000, 1.0, 0.0), (9_000, 2.0, 0.0), (9_000, 3.0, 0.0), (6_000, 4.0, 0.0))
    take(fold, (4_000, 5.0, 0.0))
    (bar,) = fold.close(inf)
    assert (bar.open, bar.close, bar.last_ts) == (5.0, 3.0, 9_000)


def test_a_heartbeat_closes_only_what_has_ended() -> None:
    fold = fold_of()
    take(fold, (1_000, 1.0, 1.0))
    assert list(fold.close(MINUTE - 1)) == []
    assert [bar.interval for bar in fold.close(MINUTE)] == ["1m"]
    assert [bar.interval for bar in fold.close(inf)] == ["5m"]


def test_a_tick_in_a_window_that_a_mark_has_closed_is_late() -> None:
    fold = fold_of({"1m": MINUTE})
    take(fold, (1_000, 1.0, 1.0))
    list(fold.close(inf))
    _, late = take(fold, (2_000, 2.0, 1.0), (MINUTE, 3.0, 1.0))
    assert late == [Late(0, ("1m",))]


def test_candles_give_their_own_open_high_and_low_and_the_close_decides() -> None:
    fold = fold_of({"5m": 5 * MINUTE})
    candles = TickBatch(
        "A", [0, MINUTE], [11.0, 12.0], [2.0, 1.0], [10.0, 11.0], [15.0, 13.0], [9.0, 8.0]
    )
    fold.take(candles, [(0, 2)])
    assert list(fold.close(inf)) == [
        Bar("A", "5m", 0, 5 * MINUTE, 10.0, 15.0, 8.0, 12.0, 3.0, 34.0 / 3.0, 2, MINUTE)
    ]


def test_forming_bars_show_the_newest_window_and_next_close_the_oldest() -> None:
    fold = fold_of()
    assert (fold.forming(), fold.next_close()) == ([], None)
    take(fold, (MINUTE, 5.0, 2.0))
    assert [(bar.interval, bar.final) for bar in fold.forming()] == [("1m", False), ("5m", False)]
    assert fold.next_close() == 2 * MINUTE


ticks = st.lists(
    st.tuples(
        st.integers(0, 12 * MINUTE),
        st.floats(0.01, 1e6),
        st.one_of(st.just(0.0), st.floats(0.001, 1e5)),
    ),
    min_size=1,
    max_size=60,
)


def reloaded(state: FoldState) -> FoldState:
    """The state as the store gives it back."""
    return msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=FoldState)


def outcome(grace: int, parts: list[list[tuple[int, float, float]]], *, reload: bool) -> object:
    fold = fold_of(grace=grace)
    bars: list[Bar] = []
    late = []
    offset = 0
    for part in parts:
        if reload:
            fold = Fold("A", LENGTHS, grace, reloaded(fold.state))
        new, after = take(fold, *part)
        bars += new
        late += [(offset + item.index, item.intervals) for item in after]
        offset += len(part)
    return sorted([*bars, *fold.close(inf)], key=lambda bar: (bar.interval, bar.start)), late


@given(ticks, st.lists(st.integers(1, 59), max_size=8), st.sampled_from([0, 5_000, 90_000]))
def test_batch_cuts_and_restarts_change_no_bit(
    stream: list[tuple[int, float, float]], cuts: list[int], grace: int
) -> None:
    bounds = [0, *sorted({cut for cut in cuts if cut < len(stream)}), len(stream)]
    parts = [stream[a:b] for a, b in pairwise(bounds)]
    whole = outcome(grace, [stream], reload=False)
    assert outcome(grace, parts, reload=True) == whole


@given(ticks)
def test_bars_keep_their_invariants_and_lose_no_tick(
    stream: list[tuple[int, float, float]],
) -> None:
    fold = fold_of()
    bars, late = take(fold, *stream)
    bars += fold.close(inf)
    for bar in bars:
        assert bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high
        assert bar.start <= bar.last_ts < bar.end
        assert bar.volume == 0 or bar.low * 0.999999 <= bar.vwap <= bar.high * 1.000001
    for interval in LENGTHS:
        missed = sum(interval in item.intervals for item in late)
        assert sum(bar.trades for bar in bars if bar.interval == interval) == len(stream) - missed
        starts = [bar.start for bar in bars if bar.interval == interval]
        assert starts == sorted(set(starts))


@pytest.mark.parametrize("grace", [0, 30_000])
@given(stream=ticks)
def test_lateness_is_what_the_definition_says(
    grace: int, stream: list[tuple[int, float, float]]
) -> None:
    expected = []
    watermark = -1
    for index, (ts, _, _) in enumerate(stream):
        names = tuple(
            name
            for name, length in LENGTHS.items()
            if ts - ts % length + length + grace <= watermark
        )
        if names:
            expected.append(Late(index, names))
        watermark = max(watermark, ts)
    assert take(fold_of(grace=grace), *stream)[1] == expected


def test_what_lies_outside_the_spans_of_good_ticks_is_never_looked_at() -> None:
    odd = TickBatch("A", [0, "x", 1], [5.0, "NaN", 6.0], [1.0, None, 2.0])  # type: ignore[list-item]
    fold = fold_of()
    assert fold.take(odd, [(0, 1), (2, 3)]) == ([], [])
    [bar, *_] = fold.close(inf)
    assert (bar.close, bar.volume, bar.vwap, bar.trades) == (6.0, 3.0, 17.0 / 3.0, 2)
