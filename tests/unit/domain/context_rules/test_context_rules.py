"""News, orders, fundamentals, the economy: when each rule speaks, and that chance does not."""

import random
from collections import Counter
from collections.abc import Iterable
from math import sqrt

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.domain.context_event import MARKET, ContextEvent, ContextKind
from streams.domain.context_rules.context_rules import (
    ContextRules,
    ContextState,
    context_signal,
)
from streams.domain.context_rules.decay import Moments, Sums, decay
from streams.domain.context_rules.gate import GateState, gate
from streams.domain.context_rules.verdict import Verdict
from streams.domain.signal import Side

HOUR, DAY = 3_600_000, 86_400_000
RULES = ContextRules()


def news(ts: int, score: float, magnitude: float = 1.0) -> ContextEvent:
    kind = ContextKind.NEWS_SENTIMENT
    return ContextEvent("A", ts, kind, sentiment_score=score, sentiment_magnitude=magnitude)


def order(ts: int, side: str, quantity: float = 10.0) -> ContextEvent:
    kind = ContextKind.ORDER_BOOK
    return ContextEvent("A", ts, kind, order_type=side, price=1.0, quantity=quantity)


def ratio(ts: int, value: float) -> ContextEvent:
    return ContextEvent("A", ts, ContextKind.MARKET_DATA, market_cap=1e9, pe_ratio=value)


def figure(ts: int, value: float, name: str = "GDP Growth Rate") -> ContextEvent:
    kind = ContextKind.ECONOMIC_INDICATOR
    return ContextEvent(MARKET, ts, kind, indicator_name=name, value=value)


def said(events: Iterable[ContextEvent], rules: ContextRules = RULES) -> list[tuple[int, Verdict]]:
    """(number of the event, verdict); the state is dumped and loaded before each."""
    state, found = ContextState(), []
    for number, event in enumerate(events):
        dumped = msgspec.msgpack.encode(state)
        state = msgspec.msgpack.decode(dumped, type=ContextState)
        state, verdict = rules.step(state, event)
        if verdict is not None:
            found.append((number, verdict))
    return found


def sides(events: Iterable[ContextEvent]) -> list[tuple[int, Side]]:
    return [(number, verdict.side) for number, verdict in said(events)]


@pytest.mark.parametrize("score", [1.0, -1.0])
def test_no_single_news_decides_however_loud(score: float) -> None:
    assert sides([news(0, score, 1e9)]) == []


def test_news_decide_when_they_add_up_to_more_than_chance() -> None:
    """n equal ones at once have z = sqrt(n): the seventh passes 2.5."""
    found = said([news(0, 0.9) for _ in range(9)])
    assert [(number, verdict.side) for number, verdict in found] == [(6, Side.BUY)]
    assert found[0][1].strength == pytest.approx(sqrt(7))
    assert sides([news(0, -0.9) for _ in range(9)]) == [(6, Side.SELL)]


def test_faint_news_do_not_decide_however_many_agree() -> None:
    assert sides([news(0, 0.1, 0.5) for _ in range(19)]) == []
    assert sides([news(0, 0.1, 0.5) for _ in range(21)]) == [(19, Side.BUY)]


def test_news_fade_with_their_half_life() -> None:
    assert sides([news(n * 40 * HOUR, 1.0) for n in range(50)]) == []
    old = [news(0, 1.0) for _ in range(6)]
    assert sides([*old, news(40 * HOUR, 1.0)]) == []


def test_what_stands_is_not_repeated_until_it_has_faded() -> None:
    early = [news(0, 1.0) for _ in range(20)]
    later = [news(DAY, 1.0) for _ in range(8)]
    assert sides([*early, *later]) == [(6, Side.BUY), (26, Side.BUY)]


def test_orders_decide_when_nine_equal_ones_are_one_sided() -> None:
    assert sides([order(0, "buy") for _ in range(12)]) == [(8, Side.BUY)]
    assert sides([order(0, "sell") for _ in range(12)]) == [(8, Side.SELL)]
    assert sides([order(0, "buy", 1e300)]) == []
    assert sides([order(0, "buy", 0.0) for _ in range(99)]) == []


def test_balanced_orders_say_nothing() -> None:
    assert sides(order(n * 1_000, "buy" if n % 2 else "sell") for n in range(500)) == []


def test_the_imbalance_is_of_decayed_quantities() -> None:
    sells = [order(0, "sell") for _ in range(8)]
    buys = [order(25 * 60_000, "buy") for _ in range(10)]
    ((number, verdict),) = said([*sells, *buys])
    weight = 2**-5
    assert (number, verdict.side) == (17, Side.BUY)
    assert verdict.strength == pytest.approx((100 - 80 * weight) / (100 + 80 * weight))


@pytest.mark.parametrize(
    ("value", "side"), [(20.5, None), (22.5, Side.SELL), (17.5, Side.BUY), (1e9, Side.SELL)]
)
def test_a_ratio_far_from_its_own_mean_decides(value: float, side: Side | None) -> None:
    usual = [ratio(n * HOUR, 20.0 + 0.1 * (-1) ** n) for n in range(10)]
    expected = [] if side is None else [(10, side)]
    assert sides([*usual, ratio(10 * HOUR, value)]) == expected


def test_a_ratio_is_compared_after_ten_values_and_never_of_a_loss() -> None:
    usual = [ratio(n, 20.0) for n in range(9)]
    assert sides([*usual, ratio(9, 10.0)]) == []
    assert sides([*usual, ratio(9, -5.0), ratio(10, 20.0), ratio(11, 10.0)]) == [(11, Side.BUY)]


def test_a_constant_ratio_says_nothing_and_divides_by_nothing() -> None:
    assert sides(ratio(n, 1 / 3) for n in range(100)) == []
    assert sides(figure(n, 0.0) for n in range(100)) == []


@pytest.mark.parametrize(
    ("name", "value", "side"),
    [
        ("GDP Growth Rate", 9.0, Side.BUY),
        ("GDP Growth Rate", -9.0, Side.SELL),
        ("Unemployment Rate", 9.0, Side.SELL),
        ("CPI YoY", -9.0, Side.BUY),
        ("Baltic Dry Index", 9.0, Side.NEUTRAL),
    ],
)
def test_a_surprise_means_what_its_indicator_says(name: str, value: float, side: Side) -> None:
    usual = [figure(n * DAY, float(n % 3), name) for n in range(10)]
    assert sides([*usual, figure(10 * DAY, value, name)]) == [(10, side)]


def test_indicators_are_apart_and_no_more_than_a_hundred_are_kept() -> None:
    mixed = [figure(n, float(n % 3), f"GDP {n % 2}") for n in range(24)]
    assert sides([*mixed, figure(30, 9.0, "GDP 2")]) == []
    state = ContextState()
    for number in range(150):
        state, _ = RULES.step(state, figure(number, 1.0, f"name {number}"))
    assert list(state.economic) == [f"name {number}" for number in range(50, 150)]


def test_a_rule_that_is_off_says_nothing() -> None:
    rules = ContextRules(None, None, None, None)
    events = [news(0, 1.0), order(0, "buy"), ratio(0, 5.0), figure(0, 1.0)] * 20
    assert said(events, rules) == []


def test_the_signal_is_known_by_the_event_that_made_it() -> None:
    verdict = Verdict("news", Side.BUY, 2.7, "why")
    signal = context_signal(news(77, 1.0), verdict, "context/3/17", "5m")
    assert (signal.id, signal.time) == ("A/context/3/17/news", 77)
    assert (signal.symbol, signal.interval, signal.price, signal.warm) == ("A", "5m", 0.0, True)


@pytest.mark.parametrize(
    ("later", "told"), [(299_999, None), (300_000, Side.SELL), (300_001, Side.SELL)]
)
def test_the_cooldown_at_its_border(later: int, told: Side | None) -> None:
    state, first = gate(GateState(), Side.BUY, 0, 300_000)
    assert first is Side.BUY
    assert gate(state, Side.SELL, later, 300_000)[1] is told
    assert gate(state, Side.BUY, later, 300_000)[1] is None


def test_what_the_cooldown_holds_back_is_told_after_it() -> None:
    state, _ = gate(GateState(), Side.BUY, 0, 100)
    state, _ = gate(state, Side.NEUTRAL, 10, 100)
    state, held = gate(state, Side.BUY, 20, 100)
    state, kept = gate(state, None, 50, 100)
    assert (held, kept) == (None, None)
    assert gate(state, Side.BUY, 100, 100)[1] is Side.BUY


_events = st.lists(st.tuples(st.integers(0, 10 * DAY), st.floats(-5, 5)), min_size=1, max_size=30)


@settings(max_examples=60)
@given(_events, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(
    events: list[tuple[int, float]], rng: random.Random
) -> None:
    def total(of: list[tuple[int, float]]) -> Sums:
        sums = Sums()
        for ts, value in of:
            sums = sums.add(ts, (value,), DAY)
        return sums

    mixed = events[:]
    rng.shuffle(mixed)
    first, second = total(events), total(mixed)
    assert first.at == second.at
    assert first.terms == pytest.approx(second.terms, rel=1e-9, abs=1e-9)


@settings(max_examples=60)
@given(_events)
def test_moments_are_those_of_the_weighted_values(events: list[tuple[int, float]]) -> None:
    events = sorted(events)
    moments = Moments()
    for ts, value in events:
        moments = moments.add(ts, value, DAY)
    weights = [decay(events[-1][0] - ts, DAY) for ts, _ in events]
    mean = sum(w * v for w, (_, v) in zip(weights, events, strict=True)) / sum(weights)
    squares = sum(w * (v - mean) ** 2 for w, (_, v) in zip(weights, events, strict=True))
    freedom = sum(weights) - sum(w * w for w in weights) / sum(weights)
    assert moments.mean == pytest.approx(mean, rel=1e-9, abs=1e-9)
    if freedom > 1e-6:
        assert moments.deviation == pytest.approx(sqrt(squares / freedom), rel=1e-6, abs=1e-6)


def test_the_noise_of_the_copied_generator_is_hardly_ever_a_signal() -> None:
    """Its four kinds at random, one a minute, for ten symbol-days: about one signal in two.

    A rule on single messages would call three in ten of them, 4,300 here, a signal.
    """
    told: Counter[str] = Counter()
    for symbol in range(10):
        rng, state = random.Random(symbol), ContextState()
        for minute in range(24 * 60):
            state, verdict = RULES.step(state, _noise(rng, minute * 60_000))
            if verdict is not None:
                told[verdict.kind] += 1
    assert told.total() <= 12


def _noise(rng: random.Random, ts: int) -> ContextEvent:
    kind = rng.choice((news, order, ratio, figure))
    if kind is news:
        return news(ts, rng.uniform(-1, 1), rng.uniform(0, 1))
    if kind is order:
        return order(ts, rng.choice(("buy", "sell")), rng.randint(1, 100))
    return ratio(ts, rng.uniform(5, 30)) if kind is ratio else figure(ts, rng.uniform(-5, 5))
