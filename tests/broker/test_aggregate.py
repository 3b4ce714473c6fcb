"""`functions.aggregate` on a real PostgreSQL: whatever comes how often, the tables are the same."""

import math
import random
from dataclasses import replace

import pytest

from streams.domain.interval import DAY_MS, interval_ms
from streams.domain.signal import Side
from tests.broker.aggregating import (
    DAY,
    PING,
    SETTLED,
    Aggregate,
    event,
    make_bar,
    make_signal,
    rising,
)
from tests.broker.scorecard_oracle import Oracle, assert_as_the_oracle_says, market


def test_scorecards_and_summaries_are_what_their_definitions_say(aggregate: Aggregate) -> None:
    bars, signals = market(random.Random(1))
    aggregate.store(bars)
    for signal in signals:
        assert aggregate.post(event(signal)) == 202
    assert aggregate.post(SETTLED) == 202
    assert len(aggregate.cards(symbol="*")) == 6
    assert [len(aggregate.days(symbol)) for symbol in ("A", "É'\\")] == [2, 2]
    assert_as_the_oracle_says(aggregate, Oracle(bars, signals))


def test_any_order_repeats_and_delays_give_the_same_tables(aggregate: Aggregate) -> None:
    """Bars come in portions, signals before or after them, twice, out of order, with pings."""
    bars, signals = market(random.Random(2))
    aggregate.store(bars)
    for signal in signals:
        aggregate.post(event(signal))
    aggregate.post(SETTLED)
    expected = aggregate.tables()
    for seed in range(2):
        aggregate.empty()
        rng = random.Random(seed)
        todo = [event(signal) for signal in signals + rng.sample(signals, 10)]
        todo += [PING] * 5
        rng.shuffle(todo)
        ordered = sorted(bars, key=lambda bar: bar.end)
        while todo or ordered:
            portion = rng.randint(0, 150)
            aggregate.store(ordered[:portion], rng.sample(signals, 3))
            del ordered[:portion]
            for _ in range(min(len(todo), rng.randint(0, 6))):
                assert aggregate.post(todo.pop()) == 202
        assert aggregate.post(SETTLED) == 202
        assert aggregate.tables() == expected
        assert aggregate.post(SETTLED) == 202
        assert aggregate.tables() == expected


def test_signals_that_no_event_brought_are_taken_from_the_archive(aggregate: Aggregate) -> None:
    bars, signals = market(random.Random(3))
    aggregate.store(bars, signals)
    assert aggregate.post(SETTLED) == 202
    swept = aggregate.tables()
    assert_as_the_oracle_says(aggregate, Oracle(bars, signals))
    for signal in signals:
        assert aggregate.post(event(signal)) == 202
    assert aggregate.tables() == swept


def test_an_older_tape_loaded_later_counts_from_its_beginning(aggregate: Aggregate) -> None:
    bars, signals = market(random.Random(4))
    older = [bar for bar in bars if bar.start < DAY]
    aggregate.store([bar for bar in bars if bar.start >= DAY])
    for signal in signals:
        if signal.time > DAY + interval_ms("5m"):
            aggregate.post(event(signal))
    aggregate.post(PING)
    aggregate.store(older)
    for signal in signals:
        aggregate.post(event(signal))
    aggregate.post(SETTLED)
    assert_as_the_oracle_says(aggregate, Oracle(bars, signals))


def test_a_signal_is_scored_when_its_bars_have_come(aggregate: Aggregate) -> None:
    bars = rising("A", 22)
    aggregate.store(bars[:1])
    assert aggregate.post(event(make_signal(bars[0], Side.SELL))) == 202
    assert aggregate.cards(symbol="A") == {}
    for stored, horizons in ((2, [1]), (5, [1]), (6, [1, 5]), (21, [1, 5, 20])):
        aggregate.store(bars[:stored])
        assert aggregate.post(PING) == 202
        cards = aggregate.cards(symbol="A")
        assert [horizon for _, _, horizon in cards] == horizons
    card = cards["breakout", "5m", 5]
    assert (card.signals, card.hits, card.low, card.base_rate) == (1, 0, 0.0, 0.0)
    assert card.mean_return == pytest.approx(-0.05)
    pooled = aggregate.cards(symbol="*")
    assert {key: tuple(row)[1:] for key, row in pooled.items()} == {
        key: tuple(row)[1:] for key, row in cards.items()
    }


@pytest.mark.parametrize(
    ("after_ms", "first"),
    [(0, 102 / 101), (1, 103 / 102), (150_000, 103 / 102), (300_000, 103 / 102)],
)
def test_a_signal_without_a_price_is_scored_from_the_close_of_the_bar_it_fell_in(
    aggregate: Aggregate, after_ms: int, first: float
) -> None:
    """Bars 0 to 21 close at 100, 101, ...; the event comes so long after the start of bar 2."""
    bars = rising("A", 22)
    news = replace(make_signal(bars[0], Side.BUY, "news"), time=bars[2].start + after_ms, price=0.0)
    aggregate.store(bars)
    assert aggregate.post(event(news)) == 202
    (card,) = (card for key, card in aggregate.cards(symbol="A").items() if key[2] == 1)
    assert card.mean_return == pytest.approx(first - 1)


def test_neutral_signals_count_in_the_day_and_are_not_scored(aggregate: Aggregate) -> None:
    bars = rising("A", 3)
    aggregate.store(bars)
    assert aggregate.post(event(make_signal(bars[0], Side.NEUTRAL))) == 202
    (day,) = aggregate.days("A")
    assert (day.signals, day.last_signal_side) == ({"breakout": {"neutral": 1}}, "neutral")
    assert aggregate.cards(symbol="A") == {}


def test_a_signal_at_midnight_belongs_to_the_day_that_ends(aggregate: Aggregate) -> None:
    last = make_bar("A", "5m", DAY + DAY_MS - 300_000, 10.0)
    aggregate.store([last, make_bar("A", "5m", DAY + DAY_MS, 11.0)])
    aggregate.post(event(make_signal(last, Side.BUY)))
    assert [day.signals for day in aggregate.days("A")] == [{"breakout": {"buy": 1}}, {}]


def test_a_day_without_sizes_or_returns(aggregate: Aggregate) -> None:
    aggregate.store([make_bar("A", "1m", DAY, 10.0, volume=0.0)])
    assert aggregate.post(PING) == 202
    (day,) = aggregate.days("A")
    assert (day.vwap, day.volume, day.volatility, day.change) == (10.0, 0.0, None, 0.0)


def test_prices_beyond_all_bounds_break_nothing(aggregate: Aggregate) -> None:
    prices = (5e-324, 1.7e308, 1.0, 1e-300, 2.0, math.inf, 3.0)
    bars = [make_bar("A", "5m", DAY + n * 300_000, p, p) for n, p in enumerate(prices)]
    aggregate.store([*bars, *rising("B", 3)])
    for bar in bars[:-2]:
        assert aggregate.post(event(make_signal(bar, Side.BUY))) == 202
    assert aggregate.post(SETTLED) == 202
    assert aggregate.days("B")[0].last == 102.0
    (day,) = aggregate.days("A")
    assert (day.open, day.last) == (5e-324, 3.0)
