"""The shelf: the symbol's own models before everybody's, newer ones taken up, bad ones refused."""

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from streams.adapters.models import shelf as shelf_module
from streams.adapters.models.shelf import Shelf
from streams.adapters.models.store import ModelStore
from streams.apps.prediction.engine import Engine
from streams.apps.train.carding import Made, card_of
from streams.apps.train.training import make
from streams.domain.prediction import POOLED
from tests.random_market import random_walk, rows_of
from tests.tiny_models import TINY, data_of, job

ROWS = list(rows_of(random_walk(120, 7)))


@pytest.fixture(scope="module")
def sets() -> list[Made]:
    """Three sets of models that differ."""
    data = data_of(random_walk(900, 4))
    return [make(data, job(replace(TINY, seed=seed)), lambda _: None) for seed in (1, 2, 3)]


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path)


@pytest.fixture
def shelf(store: ModelStore) -> Shelf:
    return Shelf(store, lambda _: job().indicators, 0.02)


def publish(store: ModelStore, made: Made, scope: str) -> str:
    card = card_of(made, "5m", scope, "2024-01-01T00:00:00Z")
    store.publish(card, made.files)
    return card.version


def in_use(shelf: Shelf, symbol: str) -> tuple[str, str] | None:
    shelf.look()
    models = shelf.of("5m", symbol)
    return None if models is None else (models.card.scope, models.card.version)


def test_an_empty_store_has_no_models(shelf: Shelf) -> None:
    assert in_use(shelf, "A") is None
    assert shelf.load_all() == 0


def test_own_models_come_before_those_of_all(
    shelf: Shelf, store: ModelStore, sets: list[Made]
) -> None:
    pooled = publish(store, sets[0], POOLED)
    assert in_use(shelf, "A") == in_use(shelf, "B") == (POOLED, pooled)
    own = publish(store, sets[1], "A")
    assert in_use(shelf, "A") == ("A", own)
    assert in_use(shelf, "B") == (POOLED, pooled)
    assert shelf.of("1m", "A") is None


def test_newer_models_are_taken_up_between_two_bars(
    shelf: Shelf, store: ModelStore, sets: list[Made]
) -> None:
    engine = Engine(shelf)
    first = publish(store, sets[0], "A")
    (before,) = engine.predict(ROWS[-1:])
    second = publish(store, sets[1], "A")
    (after,) = engine.predict(ROWS[-1:])
    assert before is not None
    assert after is not None
    assert (before.version, after.version) == (first, second)
    assert shelf.swapped == 1


def test_a_newer_set_that_cannot_be_used_leaves_the_old_one_in_use(
    shelf: Shelf, store: ModelStore, sets: list[Made], caplog: pytest.LogCaptureFixture
) -> None:
    old = publish(store, sets[0], "A")
    assert in_use(shelf, "A") == ("A", old)
    publish(store, sets[1], "A")
    current = store.place("5m", "A") / (store.current("5m", "A") or "")
    (current / "adaboost.onnx").write_bytes(b"no model")
    with caplog.at_level(logging.ERROR):
        assert in_use(shelf, "A") == in_use(shelf, "A") == ("A", old)
    refusals = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(refusals) == shelf.refused == 1
    assert "adaboost.onnx: expected checksum" in caplog.text
    assert f"in_use={old}" in caplog.text


def test_what_names_a_version_that_is_not_there_is_refused(
    shelf: Shelf, store: ModelStore, sets: list[Made]
) -> None:
    publish(store, sets[0], "A")
    (store.place("5m", "A") / "CURRENT").write_text("../../../elsewhere")
    assert in_use(shelf, "A") is None
    assert shelf.refused == 1


def test_as_many_sets_as_fit_stay_in_memory(
    shelf: Shelf, store: ModelStore, sets: list[Made], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf_module, "MOST_LOADED", 2)
    versions = {name: publish(store, sets[0], name) for name in "ABC"}
    for name in "ABCABC":
        assert in_use(shelf, name) == (name, versions[name])


def test_three_versions_are_kept_and_the_current_one_always(
    store: ModelStore, sets: list[Made]
) -> None:
    for made in (*sets, *sets):
        version = publish(store, made, "A")
    kept = [path.name for path in store.place("5m", "A").iterdir() if path.is_dir()]
    assert len(kept) == 3
    assert version in kept


@pytest.mark.parametrize("scope", ["..", ".", "a/b", "*", "CON%2F", "ß" * 64, "", "~x"])
def test_any_symbol_has_a_folder_of_its_own_below_the_store(store: ModelStore, scope: str) -> None:
    place = store.place("5m", scope)
    assert place.parent == store.folder / "5m"
    assert place.resolve().parent == (store.folder / "5m").resolve()
    assert len(place.name.encode()) < 200


def test_rows_go_to_their_models_and_come_back_in_order(
    shelf: Shelf, store: ModelStore, sets: list[Made]
) -> None:
    engine = Engine(shelf)
    publish(store, sets[0], "A")
    publish(store, sets[1], "B")
    mixed = [
        ROWS[-1], replace(ROWS[-1], symbol="B"), replace(ROWS[-1], symbol="C"), ROWS[3], ROWS[-2],
    ]  # fmt: skip
    said = engine.predict(mixed)
    assert [None if p is None else (p.symbol, p.start) for p in said] == [
        ("A", ROWS[-1].start), ("B", ROWS[-1].start), None, None, ("A", ROWS[-2].start),
    ]  # fmt: skip
    counted = engine.counted
    assert (counted.predicted, counted.no_models, counted.warming) == (3, 1, 1)


def test_a_warm_row_without_an_indicator_is_told_once(
    shelf: Shelf, store: ModelStore, sets: list[Made], caplog: pytest.LogCaptureFixture
) -> None:
    engine = Engine(shelf)
    publish(store, sets[0], "A")
    values = {name: value for name, value in ROWS[-1].values.items() if name != "rsi14"}
    lacking = replace(ROWS[-1], values=values)
    assert lacking.warm
    assert engine.predict([lacking, lacking]) == [None, None]
    assert caplog.text.count("expected the indicators rsi14 in every warm row") == 1
