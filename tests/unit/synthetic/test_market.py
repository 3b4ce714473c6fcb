"""The synthetic market: the same for the same seed, and with the properties that it promises."""

from collections import defaultdict
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest

from streams.adapters.synthetic.anomalies import KINDS
from streams.adapters.synthetic.block import Block, Label
from streams.adapters.synthetic.market import Market
from streams.adapters.synthetic.plan import MarketPlan, symbol_names
from streams.adapters.synthetic.profile import volume_profile
from streams.domain.context_event import ContextKind, context_fault
from streams.domain.errors import ConfigError

START = 1_709_510_400_000  # 2024-03-04
HOUR, DAY = 3_600_000, 86_400_000
SYMBOLS = symbol_names("4")


def blocks(length_ms: int, **options: object) -> list[Block]:
    plan = MarketPlan(SYMBOLS, **{"rate": 5.0, "start_ms": START} | options)  # type: ignore[arg-type]  # by name
    return list(Market(plan).blocks(START + length_ms))


def columns(made: list[Block]) -> dict[str, npt.NDArray[np.float64]]:
    names = ("code", "ordinal", "at", "ts", "price", "size", "bid", "ask")
    return {name: np.concatenate([getattr(block, name) for block in made]) for name in names}


def same(one: list[Block], other: list[Block]) -> bool:
    first, second = columns(one), columns(other)
    return all(np.array_equal(first[name], second[name]) for name in first)


def test_the_same_seed_is_the_same_market_and_another_is_not() -> None:
    assert same(blocks(HOUR, anomalies=2.0), blocks(HOUR, anomalies=2.0))
    assert blocks(HOUR, anomalies=2.0)[3].context == blocks(HOUR, anomalies=2.0)[3].context
    assert not same(blocks(HOUR), blocks(HOUR, seed=2))


def test_a_longer_market_begins_as_the_shorter_one() -> None:
    assert same(blocks(2 * HOUR)[:12], blocks(HOUR))


def test_context_events_leave_the_ticks_as_they_are() -> None:
    assert same(blocks(HOUR), blocks(HOUR, context_rate=0.0))
    assert sum(len(block.context) for block in blocks(HOUR, context_rate=0.0)) == 0


@pytest.mark.parametrize("rate", [0.01, 5.0, 3_000.0])
def test_there_are_as_many_ticks_as_the_rate_says(rate: float) -> None:
    made = columns(blocks(60_000, rate=rate, start_ms=START + 1))
    assert len(made["ts"]) == int(rate * (60_000 - 1) / 1_000)


def test_every_tick_is_a_good_one_and_numbered() -> None:
    made = columns(blocks(HOUR, rate=50.0))
    assert (np.diff(made["at"]) >= 0).all()
    assert np.array_equal(made["at"], made["ts"])
    assert np.array_equal(made["price"], np.round(made["price"], 2))
    assert (made["price"] > 0).all()
    assert (made["size"] >= 1).all()
    assert (made["bid"] < made["ask"]).all()
    assert (np.abs(made["price"] - (made["bid"] + made["ask"]) / 2) < 0.02 * made["price"]).all()
    for code in range(len(SYMBOLS)):
        numbers = made["ordinal"][made["code"] == code]
        assert np.array_equal(numbers, np.arange(len(numbers)))
    # GBM is carried: no step between two ticks of a symbol is out of proportion.
    steps = [np.abs(np.diff(np.log(made["price"][made["code"] == c]))).max() for c in range(4)]
    assert max(steps) < 0.02


def returns(made: list[Block], length: int = 300_000) -> npt.NDArray[np.float64]:
    """Log returns of the closes of each symbol's windows."""
    ticks = columns(made)
    rows = []
    for code in np.unique(ticks["code"]):
        mine = ticks["code"] == code
        windows, price = ticks["ts"][mine] // length, ticks["price"][mine]
        rows.append(np.diff(np.log(price[np.append(np.diff(windows) > 0, True)])))
    return np.array([row[: min(map(len, rows))] for row in rows])


def plain_market(**options: object) -> npt.NDArray[np.float64]:
    plain = {"rate": 0.4, "seed": 3, "regimes": False, "jumps": False, "context_rate": 0.0}
    return returns(blocks(3 * DAY, **plain | options))


@pytest.fixture(scope="module")
def plain() -> npt.NDArray[np.float64]:
    return plain_market()


def autocorrelation(rows: npt.NDArray[np.float64]) -> float:
    return float(np.mean([np.corrcoef(row[1:], row[:-1])[0, 1] for row in rows]))


def test_returns_are_those_of_correlated_brownian_motion(plain: npt.NDArray[np.float64]) -> None:
    count = plain.shape[1]
    assert autocorrelation(plain) == pytest.approx(0, abs=3 / np.sqrt(count * 2))
    pairs = np.asarray(np.corrcoef(plain))[np.triu_indices(len(plain), 1)]
    assert np.mean(pairs) == pytest.approx(0.5, abs=0.05)
    scaled = plain / plain.std(axis=1, keepdims=True)
    assert (scaled**4).mean() == pytest.approx(3, abs=0.4)


def test_an_edge_is_there_to_be_found_and_only_when_asked_for() -> None:
    edged = plain_market(edge=0.3)
    moved = [row[row != 0] for row in edged]
    hits = np.mean([np.mean((row[1:] > 0) == (row[:-1] > 0)) for row in moved])
    assert autocorrelation(edged) == pytest.approx(0.3, abs=0.05)
    assert hits == pytest.approx(0.5 + np.arcsin(0.3) / np.pi, abs=0.03)


def test_volatility_is_what_was_asked_for() -> None:
    one = MarketPlan(
        ("A",), 0.2, 5, START, volatility=0.8, regimes=False, jumps=False, context_rate=0.0
    )
    row = returns(list(Market(one).blocks(START + 4 * DAY)))[0]
    assert row.std() * np.sqrt(365 * 288) == pytest.approx(0.8, rel=0.1)


def test_regimes_and_jumps_make_tails() -> None:
    wild = plain_market(regimes=True, jumps=True)
    scaled = wild / wild.std(axis=1, keepdims=True)
    assert (scaled**4).mean() > 6


def test_volume_follows_the_hours_and_its_mean_is_one() -> None:
    day = volume_profile(np.arange(START, START + DAY, 1_000))
    assert day.mean() == pytest.approx(1, abs=1e-3)
    made = columns(blocks(DAY, rate=1.0, context_rate=0.0))
    hour = (made["at"] // HOUR % 24).astype(int)
    assert made["size"][hour == 20].mean() > 2.5 * made["size"][hour == 3].mean()


@pytest.fixture(scope="module")
def planted() -> list[Block]:
    return blocks(DAY, rate=4.0, anomalies=2.0, seed=11, context_rate=0.05)


def around(planted: list[Block], label: Label) -> tuple[npt.NDArray[np.bool_], ...]:
    made = columns(planted)
    mine = made["code"] == SYMBOLS.index(label.symbol)
    at = made["at"]
    within = mine & (at >= label.time_ms) & (at < label.until_ms)
    return within, mine & (at < label.time_ms) & (at >= label.time_ms - 300_000)


@pytest.mark.parametrize("kind", KINDS)
def test_an_anomaly_of_each_kind_is_where_its_label_says(planted: list[Block], kind: str) -> None:
    made = columns(planted)
    labels = [label for block in planted for label in block.labels if label.kind == kind]
    assert labels
    for label in labels:
        within, before = around(planted, label)
        price, size = made["price"], made["size"]
        if kind == "price_spike":
            moved = np.median(price[within]) / np.median(price[before]) - 1
            assert moved == pytest.approx(label.magnitude, abs=0.03)
        elif kind == "volume_spike":
            assert size[within].mean() > 6 * size[before].mean()
        elif kind == "price_gap":
            mine = made["code"] == SYMBOLS.index(label.symbol)
            after = mine & (made["at"] >= label.time_ms)
            last = price[mine & (made["at"] < label.time_ms)][-1]
            assert price[after][0] / last - 1 == pytest.approx(label.magnitude, abs=0.03)
            assert label.time_ms % 300_000 == 0
        elif kind == "stale_feed":
            assert not within.any()
        elif kind == "rsi_extreme":
            moved = np.log(price[within][-1] / price[within][0])
            assert moved * np.sign(label.magnitude) > 0.01
        elif kind == "out_of_order":
            early = made["at"][within] - made["ts"][within]
            assert set(np.unique(early // 1_000)) <= {0, 1, 2, 3}
            assert 0.1 < (early > 0).mean() < 0.6
        else:
            assert (made["bid"][within] >= made["ask"][within]).all()


def test_labels_are_told_once_and_apart(planted: list[Block]) -> None:
    labels = [label for block in planted for label in block.labels]
    assert len(set(labels)) == len(labels) > 40
    for symbol in SYMBOLS:
        mine = sorted((x.time_ms, x.until_ms) for x in labels if x.symbol == symbol)
        assert all(end < start for (_, end), (start, _) in pairwise(mine))


def test_context_events_are_good_and_follow_the_market(planted: list[Block]) -> None:
    events = [event for block in planted for event in block.context]
    assert [context_fault(event) for event in events] == [None] * len(events)
    assert {event.kind for event in events} == set(ContextKind)
    ratios = defaultdict(list)
    for event in events:
        if event.kind is ContextKind.MARKET_DATA and event.symbol == SYMBOLS[0]:
            ratios["caps"].append((event.market_cap or 0) / (event.pe_ratio or 1))
    assert np.std(ratios["caps"]) < 1e-3 * np.mean(ratios["caps"])
    for block in planted:
        assert [event.ts for event in block.context] == sorted(event.ts for event in block.context)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"symbols": ()}, "--symbols: expected a number or names"),
        ({"symbols": ("A", " ")}, "--symbols: symbol"),
        ({"rate": 0.0}, "--rate: expected a number > 0, was 0"),
        ({"rate": float("nan")}, "--rate"),
        ({"edge": 1.0}, "--edge: expected a correlation"),
        ({"anomalies": -1.0}, "--anomalies"),
        ({"seed": -1}, "--seed"),
    ],
)
def test_a_market_that_cannot_be(options: dict[str, object], error: str) -> None:
    with pytest.raises(ConfigError, match=error):
        MarketPlan(**{"symbols": ("A",)} | options)  # type: ignore[arg-type]  # what does not fit


def test_symbols_by_number_or_name() -> None:
    assert symbol_names("3") == ("SYN01", "SYN02", "SYN03")
    assert symbol_names(" AAPL, MSFT,AAPL ") == ("AAPL", "MSFT")
    with pytest.raises(ConfigError, match="--symbols: expected 1 to 10000, was 0"):
        symbol_names("0")
