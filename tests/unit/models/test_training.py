"""From rows to a stored set and back: what is loaded computes what was trained, or is refused."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import pytest

from streams.adapters.models.card import Card
from streams.adapters.models.extra import require
from streams.adapters.models.model_set import ModelSet, load_models
from streams.adapters.models.scores import OnnxScores
from streams.adapters.models.store import ModelStore
from streams.apps.train.carding import Made, card_of
from streams.apps.train.classifiers import fit_classifiers, platt
from streams.apps.train.ensemble_onnx import adaboost_ensemble, ensemble_onnx
from streams.apps.train.export import classifier_files
from streams.apps.train.training import make, train
from streams.domain.errors import ConfigError, InputError, ServiceError
from streams.domain.prediction import CLASSIFIERS, POOLED
from tests.random_market import LENGTH, random_walk, reverting, rows_of
from tests.tiny_models import TINY, data_of, job

MARGIN = 0.02


@pytest.fixture(scope="module")
def made() -> Made:
    return make(data_of(reverting(1_500, 1, 0.5)), job(), lambda _: None)


@pytest.fixture
def card(made: Made) -> Card:
    return card_of(made, "5m", "A", "2024-01-01T00:00:00Z")


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models")


def load(store: ModelStore, card: Card, **changed: str) -> ModelSet:
    stored = store.read("5m", card.scope, card.version)
    return load_models(stored, {**job().indicators, **changed}, MARGIN)


def test_what_is_loaded_computes_what_was_trained(
    made: Made, card: Card, store: ModelStore
) -> None:
    store.publish(card, made.files)
    models = load(store, card)
    inputs = made.data.features.astype(np.float32)
    for name, up in models.probabilities(inputs).items():
        assert up == pytest.approx(made.classifiers[name].probability(inputs), abs=1e-5)
    ranges = models.ranges(inputs, made.data.close, made.data.volatility)
    unit = made.data.volatility[:, None, None] * np.sqrt([1, 3])[None, :, None]
    prices = made.data.close[:, None, None] * np.exp(made.forecast.quantiles(inputs) * unit)
    assert ranges == pytest.approx(prices, rel=1e-6)


def test_a_prediction_says_everything_about_its_bar(
    made: Made, card: Card, store: ModelStore
) -> None:
    store.publish(card, made.files)
    models = load(store, card)
    rows = list(rows_of(random_walk(200, 9)))[-3:]
    vectors = [vector for row in rows if (vector := models.vector(row)) is not None]
    together = models.predict(rows, vectors)
    for row, vector, said in zip(rows, vectors, together, strict=True):
        assert (said.symbol, said.start, said.end, said.close) == (
            "A", row.start, row.end, row.close,
        )  # fmt: skip
        assert (said.scope, said.version) == ("A", card.version)
        assert sorted(said.votes) == sorted(CLASSIFIERS)
        assert all(0 < vote.probability < 1 for vote in said.votes.values())
        assert [each.horizon for each in said.forecasts] == [1, 3]
        for each in said.forecasts:
            assert 0 < each.low <= each.price <= each.high
        (alone,) = models.predict([row], [vector])
        for name, vote in alone.votes.items():
            assert vote.probability == pytest.approx(said.votes[name].probability, abs=2e-6)
        for one, other in zip(alone.forecasts, said.forecasts, strict=True):
            assert (one.low, one.price, one.high) == pytest.approx(
                (other.low, other.price, other.high), rel=1e-6
            )


def test_the_same_data_gives_the_same_bytes_and_version(made: Made, card: Card) -> None:
    again = make(data_of(reverting(1_500, 1, 0.5)), job(), lambda _: None)
    assert again.files == made.files
    assert card_of(again, "5m", "A", "2030-01-01T00:00:00Z").version == card.version
    other = make(data_of(reverting(1_500, 1, 0.5)), job(replace(TINY, seed=2)), lambda _: None)
    assert card_of(other, "5m", "A", "").version != card.version


def test_a_changed_file_is_refused(made: Made, card: Card, store: ModelStore) -> None:
    folder = store.publish(card, made.files)
    held = bytearray((folder / "forest.onnx").read_bytes())
    held[len(held) // 2] ^= 1
    (folder / "forest.onnx").write_bytes(held)
    with pytest.raises(ConfigError, match=r"forest\.onnx: expected checksum .*, was .*tapedeck tr"):
        load(store, card)


def test_a_missing_file_is_refused(made: Made, card: Card, store: ModelStore) -> None:
    (store.publish(card, made.files) / "xgboost.json").unlink()
    with pytest.raises(ConfigError, match=r"xgboost\.json: .*was missing"):
        load(store, card)


def test_a_changed_card_is_refused(made: Made, card: Card, store: ModelStore) -> None:
    path = store.publish(card, made.files) / "card.json"
    told = json.loads(path.read_text())
    told["figures"] = {"models": {"xgboost": {"accuracy": 0.99}}}
    path.write_text(json.dumps(told))
    with pytest.raises(ConfigError, match="expected the card's checksum"):
        load(store, card)
    path.write_text("{}")
    with pytest.raises(ConfigError, match="expected a model card, was unreadable"):
        load(store, card)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"file": "none.onnx"}, r"expected a checksum of none\.onnx, was none"),
        ({"horizons": ()}, r"expected horizons >= 1, was \[\]"),
        ({"horizons": (0, 3)}, r"expected horizons >= 1, was \[0, 3\]"),
        ({"widen": (0.1,)}, "expected 2 numbers to widen by, one a horizon, was 1"),
    ],
)
def test_a_card_whose_parts_do_not_fit_is_refused(
    made: Made, card: Card, store: ModelStore, changed: dict[str, Any], said: str
) -> None:
    forecast = msgspec.structs.replace(card.forecast, **changed)
    odd = msgspec.structs.replace(card, forecast=forecast)
    store.publish(odd, made.files)
    with pytest.raises(ConfigError, match=said):
        load(store, odd)


def test_a_package_that_is_not_there_is_named_with_its_extra() -> None:
    with pytest.raises(ConfigError, match=r"missing were nonesuch: install tapedeck\[ml\]"):
        require(("numpy", "nonesuch"))


def test_a_folder_that_takes_no_models_is_told_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ServiceError, match=r"expected a folder that can be written, was .*file"):
        ModelStore(tmp_path / "file").check()
    ModelStore(tmp_path / "new" / "models").check()
    assert list((tmp_path / "new" / "models").iterdir()) == []


def test_other_indicators_than_learned_from_are_refused(
    made: Made, card: Card, store: ModelStore
) -> None:
    store.publish(card, made.files)
    with pytest.raises(ConfigError, match=r"indicators of scale_free: expected .*period=9.*, was"):
        load(store, card, rsi14="Rsi(period=9)")


def test_features_of_another_version_are_refused(made: Made, store: ModelStore) -> None:
    card = card_of(made, "5m", "A", "")
    older = msgspec.structs.replace(
        card, features=msgspec.structs.replace(card.features, version=0)
    )
    store.publish(older, made.files)
    with pytest.raises(ConfigError, match="version of scale_free: expected 1, was 0"):
        load(store, older)


def test_a_walk_forward_is_on_the_card(store: ModelStore) -> None:
    data = data_of(random_walk(900, 1))
    done = train(data, job(validate=True), store, lambda _: None, lambda: 1_700_000_000.4)
    card = done.cards["A"]
    assert done.skipped == {}
    assert card.created == "2023-11-14T22:13:20Z"
    assert card.data.symbols == {"A": len(data)}
    assert card.figures["tested"] > 400
    assert set(card.figures["models"]) == {*CLASSIFIERS, "chance", "majority", "last"}
    assert {"xgboost-cpu", "onnxruntime", "scikit-learn"} <= card.versions.keys()
    read = store.read("5m", "A", card.version).card
    assert (read.version, read.figures["tested"]) == (card.version, card.figures["tested"])


def test_symbols_alone_and_all_together(store: ModelStore) -> None:
    from streams.apps.train.dataset import dataset_of
    from streams.domain.features import SCALE_FREE

    rows = [
        *rows_of(random_walk(900, 1), "A"), *rows_of(random_walk(300, 2), "B/../x"),
    ]  # fmt: skip
    done = train(dataset_of(rows, SCALE_FREE, (1, 3)), job(), store, lambda _: None, lambda: 0)
    assert sorted(done.cards) == [POOLED, "A"]
    assert "expected 800 bars with every feature, was 251" in done.skipped["B/../x"]
    assert store.places() == [("5m", "*"), ("5m", "A")]


def test_too_few_moves_to_learn_from_is_said() -> None:
    with pytest.raises(InputError, match="expected 20 bars before a rise"):
        fit_classifiers(data_of(random_walk(120, 1)), TINY, LENGTH)


def test_adaboost_votes_like_scikit_learns_on_the_very_thresholds() -> None:
    from sklearn.ensemble import AdaBoostClassifier

    rng = np.random.default_rng(5)
    inputs = rng.choice([0.1, 0.2, 0.3, 0.7], (400, 3)).astype(np.float32)
    up = (inputs[:, 0] + inputs[:, 1] + rng.normal(0, 0.2, 400) > 0.6).astype(np.int8)
    model = AdaBoostClassifier(n_estimators=20, random_state=1).fit(inputs, up)
    made = ensemble_onnx(adaboost_ensemble(model), 3)
    found = OnnxScores(made, "test", 3)(inputs)[:, 0]
    assert found == pytest.approx(model.predict_proba(inputs)[:, 1], abs=1e-6)


def test_the_json_of_xgboost_is_stored_and_says_the_same(made: Made) -> None:
    import xgboost

    booster = xgboost.Booster()
    booster.load_model(bytearray(made.files["xgboost.json"]))
    inputs = made.data.features.astype(np.float32)
    found = OnnxScores(made.files["xgboost.onnx"], "test", inputs.shape[1])(inputs)[:, 0]
    assert found == pytest.approx(booster.inplace_predict(inputs), abs=1e-6)


def test_a_file_that_computes_something_else_is_never_stored(made: Made) -> None:
    from streams.domain.errors import TapedeckError

    real = made.classifiers["xgboost"].model
    inputs = made.data.features[:64].astype(np.float32)
    wrong: Any = SimpleNamespace(
        name="xgboost",
        model=SimpleNamespace(
            save_raw=real.save_raw,
            inplace_predict=lambda rows, **how: real.inplace_predict(rows[::-1].copy(), **how),
        ),
    )
    with pytest.raises(TapedeckError, match=r"xgboost\.onnx: expected the trained model's scores"):
        classifier_files(wrong, inputs)


def test_calibration_never_turns_a_score_around_and_shrinks_what_little_was_seen() -> None:
    rng = np.random.default_rng(2)
    scores = rng.uniform(0.3, 0.7, 4_000)
    up = (rng.uniform(size=4_000) < scores).astype(np.int8)
    slope, intercept = platt(scores, up)
    assert slope == pytest.approx(1.0, abs=0.25)
    assert intercept == pytest.approx(0.0, abs=0.1)
    assert platt(scores, 1 - up)[0] == 0.0
    assert 0 < platt(scores[:60], np.sort(up[:60]))[0] < 1
    assert platt(np.full(50, 0.5), up[:50])[0] == 0.0


def test_an_interval_holds_what_it_says_on_a_random_walk(made: Made) -> None:
    data = data_of(random_walk(2_000, 8))
    forecast = make(data, job(), lambda _: None).forecast
    fresh = data_of(random_walk(2_000, 88))
    known = fresh.decided[:, -1] < np.iinfo(np.int64).max
    fresh = fresh.take(known)
    found = forecast.quantiles(fresh.features.astype(np.float32))
    truth = np.log(fresh.later / fresh.close[:, None]) / (
        fresh.volatility[:, None] * np.sqrt([1, 3])
    )
    inside = (truth >= found[:, :, 0]) & (truth <= found[:, :, 2])
    assert inside.mean(axis=0) == pytest.approx([0.9, 0.9], abs=0.03)
