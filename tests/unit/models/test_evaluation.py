"""`evaluate` is honest: no edge where there is none, one where one is planted, and fair figures."""

from functools import cache
from typing import Any

import numpy as np
import pytest

from streams.apps.evaluate.evaluation import evaluate, figures_of
from streams.apps.evaluate.intervals import Blocks, interval
from streams.apps.evaluate.walk import votes_of, walk
from streams.apps.train.dataset import dataset_of
from streams.domain.features import SCALE_FREE
from streams.domain.prediction import CLASSIFIERS, POOLED, vote_of
from tests.random_market import LENGTH, persistent, random_walk, reverting, rows_of
from tests.tiny_models import TINY, data_of

SEEDS = 10
# Of 40 intervals at 95 %, two are expected to miss. Models of one walk agree with each other, so
# the bound is for ten walks: four of ten would miss once in a thousand times.
MOST_MISSES = 3


@cache
def on_random_walks() -> list[Any]:
    return [
        figures_of(data_of(random_walk(900, seed)), TINY, LENGTH, lambda _: None)
        for seed in range(SEEDS)
    ]


def test_on_random_walks_no_model_has_an_edge() -> None:
    found = on_random_walks()
    assert [name for each in found for name in CLASSIFIERS if each["models"][name]["edge"]] == []
    assert [h for each in found for h, f in each["forecasts"].items() if f["edge"]] == []
    # Nor does what they would have traded pay.
    nets = [each["models"][name]["net_return_interval"] for each in found for name in CLASSIFIERS]
    assert [ends for ends in nets if ends and ends[0] > 0] == []


@pytest.mark.parametrize("name", [*CLASSIFIERS, "majority", "last"])
def test_on_random_walks_the_intervals_cover_chance(name: str) -> None:
    ends = [each["models"][name]["accuracy_interval"] for each in on_random_walks()]
    missed = [pair for pair in ends if not pair[0] <= 0.5 <= pair[1]]
    assert len(missed) <= MOST_MISSES


def test_on_random_walks_forecasts_hold_what_they_say() -> None:
    for horizon in ("1", "3"):
        held = [each["forecasts"][horizon]["coverage"] for each in on_random_walks()]
        assert float(np.mean(held)) == pytest.approx(0.9, abs=0.03)


def test_a_planted_edge_is_found() -> None:
    data = data_of(reverting(2_000, 3, 0.4))
    found = figures_of(data, TINY, LENGTH, lambda _: None)
    models = found["models"]
    for name in CLASSIFIERS:
        assert models[name]["edge"], name
        assert models[name]["accuracy_interval"][0] > models["majority"]["accuracy"]
        assert models[name]["brier"] < 0.25
    assert found["forecasts"]["1"]["edge"]


def test_what_the_last_direction_knows_is_no_edge() -> None:
    """Returns that go on are found, and so are they by whom it costs nothing."""
    data = data_of(persistent(2_000, 3, 0.35))
    models = figures_of(data, TINY, LENGTH, lambda _: None)["models"]
    assert models["last"]["accuracy_interval"][0] > 0.5
    for name in CLASSIFIERS:
        assert "chance" in models[name]["beats"], name
        assert not models[name]["edge"], name


def test_every_figure_stands_beside_the_baselines_with_an_interval() -> None:
    found = on_random_walks()[0]
    assert found["tested"] == len(walk(data_of(random_walk(900, 0)), TINY, LENGTH, print).known)
    for name, figures in found["models"].items():
        for figure in ("accuracy", "brier", "log_loss", "hit_rate_after_costs", "net_return"):
            value, ends = figures[figure], figures[f"{figure}_interval"]
            if value is None:
                assert figures["trades"] == 0
                continue
            assert ends[0] <= value <= ends[1] or value == pytest.approx(ends[0]), (name, figure)
    chance = found["models"]["chance"]
    assert (chance["accuracy"], chance["brier"]) == (0.5, 0.25)
    assert chance["log_loss"] == pytest.approx(np.log(2))
    assert chance["net_return"] == pytest.approx(-TINY.costs)
    for figures in found["forecasts"].values():
        for figure in ("coverage", "error", "last_price_error", "pinball", "plain_pinball"):
            low, high = figures[f"{figure}_interval"]
            assert low < figures[figure] < high, figure


def test_a_future_that_leaks_would_be_seen() -> None:
    """The check can fail: with the next return among the features, everything has an edge."""
    data = data_of(random_walk(900, 1))
    known = np.nan_to_num(data.next_return)
    leaking = data.take(np.ones(len(data), np.bool_))
    leaking.features[:, 0] = known / data.volatility
    models = figures_of(leaking, TINY, LENGTH, lambda _: None)["models"]
    assert models["xgboost"]["edge"]
    assert models["xgboost"]["accuracy"] > 0.9


def test_symbols_are_evaluated_alone_and_together() -> None:
    rows = [*rows_of(random_walk(900, 1), "A"), *rows_of(random_walk(300, 2), "B")]
    data = dataset_of(rows, SCALE_FREE, TINY.horizons)
    found = evaluate(data, TINY, LENGTH, lambda _: None, pooled=True, alone=True)
    assert list(found["scopes"]) == ["A", POOLED]
    assert list(found["skipped"]) == ["B"]
    only = evaluate(data, TINY, LENGTH, lambda _: None, pooled=False, alone=False)
    assert only == {"scopes": {}, "skipped": {}}


def test_votes_in_columns_are_those_of_the_domain() -> None:
    probability = np.array([0.0, 0.479, 0.48, 0.5, 0.519, 0.52, 0.521, 1.0])
    names = {1: "UP", 0: "NEUTRAL", -1: "DOWN"}
    for margin in (0.0, 0.02, 0.3):
        votes = [names[vote] for vote in votes_of(probability, margin).vote.tolist()]
        assert votes == [vote_of(each, margin) for each in probability.tolist()]


def test_the_bootstrap_covers_the_mean_of_what_lasts() -> None:
    """An AR(1) of 0.5 has a mean three times as uncertain (in variance) as independent values."""
    covered = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        values = np.empty(600)
        last = 0.0
        for n, shock in enumerate(rng.normal(size=600)):
            last = values[n] = 0.5 * last + shock
        blocks = Blocks.of(np.arange(600), seed=seed, draws=200, overlap=20)
        low, high = interval(blocks.ratios(values, np.ones(600)))
        covered += low <= 0 <= high
    # 95 % at best; blocks of 20 lose a little. 84 of 100 would be 5 standard errors too few.
    assert covered >= 84


def test_symbols_at_one_moment_are_drawn_together() -> None:
    """Ten symbols that always agree tell no more than one."""
    values = np.random.default_rng(1).normal(size=300)
    one = Blocks.of(np.arange(300), seed=1, draws=300)
    ten = Blocks.of(np.repeat(np.arange(300), 10), seed=1, draws=300)
    alone = one.ratios(values, np.ones(300))
    together = ten.ratios(np.repeat(values, 10), np.ones(3_000))
    assert together == pytest.approx(alone)


def test_draws_without_weight_say_nothing() -> None:
    blocks = Blocks.of(np.arange(50), seed=1, draws=20)
    assert np.isnan(blocks.ratios(np.ones(50), np.zeros(50))).all()
    assert np.isnan(interval(blocks.ratios(np.ones(50), np.zeros(50)))).all()
