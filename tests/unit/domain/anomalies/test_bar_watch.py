"""All detectors together: ids, repeats, thresholds per symbol, restarts, and false alarms."""

import random
from collections import Counter
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.domain.anomalies.bar_watch import BarWatch, BarWatchState
from streams.domain.anomalies.ladder import Ladder
from streams.domain.anomalies.rules import LADDERS, AnomalyRules, SymbolRules
from streams.domain.anomaly import Anomaly
from streams.domain.bar import Bar
from streams.domain.indicator_row import IndicatorRow
from streams.domain.indicators.rsi import Rsi
from streams.domain.signal import Side
from tests.unit.domain.anomalies.rows import row, watched

RULES = AnomalyRules().of("A")
SPIKES = [*(row(n) for n in range(20)), row(20, 112.0, open_=100.0), row(21, 112.0)]


def kinds(told: list[Anomaly]) -> list[tuple[str, str]]:
    return [(anomaly.kind, anomaly.severity) for anomaly in told]


def test_an_anomaly_says_all_of_itself() -> None:
    (spike,) = [a for a in watched(RULES, SPIKES) if a.kind == "price_spike"]
    assert (spike.id, spike.time, spike.start) == (
        "A/1m/1200000/anomaly.price_spike", 1_260_000, 1_200_000,
    )  # fmt: skip
    assert (spike.severity, spike.price) == ("high", 112.0)
    assert spike.strength == pytest.approx(2.4)
    signal = spike.signal()
    assert (signal.kind, signal.side, signal.price) == ("anomaly.price_spike", Side.NEUTRAL, 112.0)
    assert signal.id == spike.id


def test_a_bar_that_was_here_before_changes_nothing() -> None:
    watch, state = BarWatch(RULES), BarWatchState()
    for each in SPIKES[:21]:
        state, _ = watch.step(state, each)
    assert watch.step(state, SPIKES[20]) == (state, [])
    assert watch.step(state, SPIKES[3]) == (state, [])


def test_intervals_do_not_share_their_closes() -> None:
    minutes = [row(n) for n in range(20)]
    fives = [row(n, 300.0, interval="5m", length=300_000) for n in range(20)]
    assert watched(RULES, [*minutes, *fives]) == []


def test_thresholds_are_of_the_symbols_that_a_glob_matches() -> None:
    rules = AnomalyRules(
        symbols=(
            SymbolRules(("A*", "B"), {"price_spike": Ladder((0.2,)), "price_gap": None}),
            SymbolRules(("AX",), {"price_spike": None}, cooldown=0),
        )
    )
    assert rules.of("A").ladders["price_spike"].steps == (0.2,)
    assert "price_gap" not in rules.of("B").ladders
    assert "price_spike" not in rules.of("AX").ladders
    assert (rules.of("AX").cooldown, rules.of("A").cooldown) == (0, 300_000)
    assert rules.of("C").ladders == LADDERS
    assert kinds(watched(rules.of("A"), SPIKES)) == []
    assert kinds(watched(rules.of("C"), SPIKES)) == [("price_spike", "high")]


@pytest.mark.parametrize(
    ("delay", "severity"),
    [(None, None), (100.0, None), (100.1, "low"), (251.0, "medium"), (1_001.0, "high"),
     (5_001.0, "critical")],
)  # fmt: skip
def test_latency_is_an_anomaly_beyond_100_ms(delay: float | None, severity: str | None) -> None:
    _, told = BarWatch(RULES).step(BarWatchState(), row(0), delay)
    assert kinds(told) == ([("latency", severity)] if severity else [])


_prices = st.lists(
    st.tuples(st.floats(50, 200), st.floats(0, 50), st.integers(1, 30)), min_size=1, max_size=60
)


@settings(max_examples=40)
@given(_prices, st.integers(0, 59))
def test_dumping_and_loading_anywhere_changes_nothing(
    steps: list[tuple[float, float, int]], cut: int
) -> None:
    watch = BarWatch(replace(RULES, cooldown=60_000))
    state = loaded = BarWatchState()
    at = 0
    for number, (close, volume, step) in enumerate(steps):
        at += step
        each = row(at, close, volume=volume, rsi14=close / 2)
        state, told = watch.step(state, each)
        if number == cut:
            dumped = msgspec.msgpack.encode(loaded)
            loaded = msgspec.msgpack.decode(dumped, type=BarWatchState)
        loaded, again = watch.step(loaded, each)
        assert told == again
    assert msgspec.msgpack.encode(state) == msgspec.msgpack.encode(loaded)


def walk(seed: int, count: int) -> list[IndicatorRow]:
    """Bars of a random walk of 0.1 % a bar, with log-normal volumes, and their RSI."""
    rng, price, rsi, memory = random.Random(seed), 100.0, Rsi(), None
    rows = []
    for number in range(count):
        before, price = price, price * 2.718281828 ** rng.gauss(0, 0.001)
        volume = rng.lognormvariate(5, 0.5)
        bar = Bar("A", "1m", 0, 0, before, price, price, price, volume, price, 1, 0)
        memory, values = rsi.step(memory, bar)
        made = row(number, price, open_=before, volume=volume)
        rows.append(replace(made, values=dict(values)))
    return rows


def test_false_alarms_on_random_walks() -> None:
    """40 a thousand bars of the classic four and nothing else; of medium severity 2, above none."""
    bars, told = 3_000, list[Anomaly]()
    for seed in range(3):
        told += watched(RULES, walk(seed, bars))
    severities = Counter(anomaly.severity for anomaly in told)
    assert {anomaly.kind for anomaly in told} <= {"rsi_extreme", "volume_spike"}
    assert 20 < 1_000 * len(told) / (3 * bars) < 60
    assert 1_000 * severities["medium"] / (3 * bars) < 4
    assert severities["high"] + severities["critical"] <= 1
