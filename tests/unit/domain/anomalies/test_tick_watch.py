"""Ticks as they come: their order, crossed quotes, and the silence of live symbols."""

import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import msgspec
import pytest

from streams.domain.anomalies.disorder import BLOCK
from streams.domain.anomalies.quotes import crossed_quote
from streams.domain.anomalies.rules import LADDERS, AnomalyRules
from streams.domain.anomalies.stale import FeedState, next_look, stale_feed, tick_gap
from streams.domain.anomalies.tick_watch import TickWatch, TickWatchState
from streams.domain.anomaly import Anomaly
from streams.domain.fold import Fold, FoldState
from streams.domain.tick import TickBatch

RULES = AnomalyRules()
WATCH = TickWatch(RULES, "1m", 60_000)


def watched(ts: Sequence[int], cuts: Sequence[int] = ()) -> list[Anomaly]:
    """The anomalies of ticks that arrive in this order, in batches that are cut at `cuts`."""
    state, fold, told = TickWatchState(), FoldState(), list[Anomaly]()
    bounds = [0, *cuts, len(ts)]
    for lo, hi in pairwise(bounds):
        batch = TickBatch("A", ts[lo:hi], [1.0] * (hi - lo), source="s", first=lo)
        folded = Fold("A", {"1m": 60_000}, 0, fold)
        folded.take(batch, [(0, hi - lo)])
        dumped = msgspec.msgpack.encode(state)
        state = msgspec.msgpack.decode(dumped, type=TickWatchState)
        state, found = WATCH.ticks(state, batch, [(0, hi - lo)], folded.behind)
        told += found
    return told


def disordered(count: int, swaps: int) -> list[int]:
    """Times a second apart; `swaps` of them swapped with the next."""
    ts = [1_000 * n for n in range(count)]
    for at in range(swaps):
        ts[4 * at], ts[4 * at + 1] = ts[4 * at + 1], ts[4 * at]
    return ts


def test_ticks_in_order_are_ordinary_and_equal_times_are_in_order() -> None:
    assert watched([1_000 * (n // 3) for n in range(3 * BLOCK)]) == []


@pytest.mark.parametrize(("swaps", "told"), [(5, []), (6, ["low"]), (26, ["low", "medium"])])
def test_more_than_one_in_a_hundred_out_of_order_is_an_anomaly(swaps: int, told: list[str]) -> None:
    assert [anomaly.severity for anomaly in watched(disordered(BLOCK, swaps))] == told


def test_it_is_told_at_the_tick_that_makes_it_too_many() -> None:
    (anomaly,) = watched(disordered(BLOCK, 6))
    assert (anomaly.kind, anomaly.time, anomaly.start) == ("out_of_order", 20_000, 0)
    assert (anomaly.value, anomaly.threshold) == (6 / BLOCK, 0.01)


def test_a_block_has_its_own_count() -> None:
    ts = disordered(BLOCK, 5)
    later = [time + 1_000 * BLOCK for time in disordered(BLOCK, 5)]
    assert watched([*ts, *later]) == []


@pytest.mark.parametrize("seed", range(5))
def test_other_batches_give_the_same_anomalies(seed: int) -> None:
    rng = random.Random(seed)
    ts = sorted(rng.randrange(10_000_000) for _ in range(3_000))
    for at in range(200, 1_400):
        if rng.random() < 0.1:
            ts[at] -= 60_000
    whole = watched(ts)
    assert whole
    cuts = sorted(rng.sample(range(1, len(ts)), 40))
    assert watched(ts, cuts) == whole


@pytest.mark.parametrize(
    ("bid", "ask", "rank"),
    [(99.9, 100.0, 0), (100.0, 100.0, 1), (100.01, 100.0, 1), (100.1, 100.0, 2),
     (100.3, 100.0, 3), (102.0, 100.0, 4), (0.0, 0.0, 0), (1.7e308, 1.7e308, 1)],
)  # fmt: skip
def test_a_bid_at_or_above_the_ask_is_an_anomaly(bid: float, ask: float, rank: int) -> None:
    finding = crossed_quote(bid, ask, LADDERS["crossed_quote"])
    assert (finding.rank if finding else 0) == rank


def crossed(quotes: Sequence[tuple[int, float, float]], ts: Sequence[int]) -> list[Anomaly]:
    batch = TickBatch("A", ts, [100.0] * len(ts), source="s", crossed=quotes)
    return WATCH.ticks(TickWatchState(), batch, [(0, len(ts))], [])[1]


def test_crossed_quotes_are_told_once_in_the_cooldown_but_for_worse_ones() -> None:
    ts = [0, 1_000, 2_000, 299_999, 300_000]
    locked = [(index, 100.0, 100.0) for index in (0, 1, 3, 4)]
    assert [a.time for a in crossed(locked, ts)] == [0, 300_000]
    worse = [(0, 100.0, 100.0), (2, 103.0, 100.0)]
    assert [(a.time, a.severity) for a in crossed(worse, ts)] == [(0, "low"), (2_000, "critical")]


def test_quotes_of_ticks_that_do_not_count_are_left_out() -> None:
    assert crossed([(-1, 2.0, 1.0), (9, 2.0, 1.0)], [0, 1]) == []


def feed(*ts: int) -> FeedState:
    state = FeedState()
    for each in ts:
        state = tick_gap(state, 1, each)
    return state


def test_a_feed_is_stale_beyond_the_ladder_and_twenty_times_its_usual_gap() -> None:
    busy, ladder = feed(*range(0, 60_000, 1_000)), LADDERS["stale_feed"]
    assert busy.gap == pytest.approx(1_000)
    assert stale_feed(busy, 59_000 + 300_000, ladder) is None
    finding = stale_feed(busy, 59_000 + 300_001, ladder)
    assert finding is not None
    assert (finding.rank, finding.threshold) == (1, 300.0)
    assert finding.expected == pytest.approx(1.0)
    seldom = feed(*range(0, 6_000_000, 60_000))
    assert stale_feed(seldom, 5_940_000 + 1_199_000, ladder) is None
    assert stale_feed(seldom, 5_940_000 + 1_201_000, ladder) is not None
    assert stale_feed(FeedState(), 1 << 40, ladder) is None


def test_when_to_look_is_just_after_each_step() -> None:
    state, ladder = feed(0, 1_000), LADDERS["stale_feed"]
    assert next_look(state, 1_000, ladder) == 301_001
    assert next_look(state, 301_001, ladder) == 901_001
    assert next_look(state, 901_001, ladder) is None
    assert next_look(FeedState(), 0, ladder) is None


def test_a_live_symbol_is_stale_once_until_it_ticks_again() -> None:
    def tick(state: TickWatchState, time: int) -> TickWatchState:
        return WATCH.ticks(state, TickBatch("A", [time], [5.0]), [(0, 1)], [])[0]

    state = tick(tick(TickWatchState(), 0), 1_000)
    state, (low,) = WATCH.silence(state, "A", 301_001)
    assert (low.kind, low.severity, low.time, low.price) == ("stale_feed", "low", 301_001, 5.0)
    state, worse = WATCH.silence(state, "A", 901_001)
    assert [anomaly.severity for anomaly in worse] == ["medium"]
    assert WATCH.silence(state, "A", 2_000_000)[1] == []
    state = tick(state, 2_000_000)
    assert WATCH.silence(state, "A", 22_000_000)[1]


def test_a_kind_without_a_ladder_is_not_looked_for() -> None:
    off = TickWatch(replace(RULES, ladders={}), "1m", 60_000)
    batch = TickBatch("A", [0, 1], [1.0, 1.0], crossed=[(0, 2.0, 1.0)])
    state, told = off.ticks(TickWatchState(), batch, [(0, 2)], [(1, 2)])
    assert told == []
    assert (off.silence(state, "A", 1 << 40), off.next_look(state, 1)) == ((state, []), None)
