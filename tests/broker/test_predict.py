"""Models on real servers: trained from the archive, run on Kafka, stored, exported, queried."""

import csv
import io
import json
import struct
import uuid
from collections.abc import Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace
from typer.testing import CliRunner

from functions.query.app import create_app
from streams.adapters.database import connect_engine
from streams.adapters.database.indicator_rows import newest_row, stored_rows, stored_symbols
from streams.adapters.database.rows import bar_row, indicator_row
from streams.adapters.database.writer import Batch, Writer
from streams.adapters.kafka import producer
from streams.adapters.messages import decode_prediction, encode
from streams.adapters.models.store import ModelStore, models_folder
from streams.adapters.quix import application
from streams.adapters.settings import Settings
from streams.adapters.topics import Topic, Topics, create_topics
from streams.apps import archive, predict
from streams.apps.price_predictor import PricePredictor
from streams.apps.train.carding import card_of
from streams.apps.train.training import make
from streams.cli.main import app as command_line
from streams.domain.bar import Bar
from streams.domain.features import SCALE_FREE
from streams.domain.indicator_row import IndicatorRow
from streams.domain.prediction import CLASSIFIERS, FORECAST, POOLED
from tests.fakes import metrics, settings
from tests.pipelines import running, values, work_off
from tests.random_market import random_walk, rows_of
from tests.tiny_models import data_of, job
from tests.waiting import wait_for

WALK = list(rows_of(random_walk(1_000, 3), "AAPL"))


def fill(url: str, rows: Sequence[IndicatorRow]) -> None:
    batch = Batch()
    for row in rows:
        batch.add(indicator_row(row))
    engine = connect_engine(url)
    Writer(engine).write(batch)
    engine.dispose()


def wired(kafka: str, database: str, home: Path, *, auto_train: bool = False) -> Settings:
    prefix = f"predict-{uuid.uuid4().hex[:8]}-"
    create_topics(kafka, Topics(prefix), 2)
    return settings(
        KAFKA_BOOTSTRAP_SERVERS=kafka,
        DATABASE_URL=database,
        TAPEDECK_TOPIC_PREFIX=prefix,
        TAPEDECK_PARTITIONS=2,
        TAPEDECK_HOME=home,
        TAPEDECK_AUTO_TRAIN=auto_train,
    )


def bits(rows: Sequence[IndicatorRow]) -> list[bytes]:
    vectors = [vector for row in rows if (vector := SCALE_FREE.vector(row)) is not None]
    return [struct.pack(f"{len(vector)}d", *vector) for vector in vectors]


def test_the_archive_teaches_the_bits_that_the_topic_serves(migrated: str) -> None:
    fill(migrated, WALK)
    assert stored_symbols(migrated, "5m") == {"AAPL": len(WALK)}
    stored = list(stored_rows(migrated, "5m", ["AAPL"]))
    assert [row.start for row in stored] == [row.start for row in WALK]
    assert len(bits(WALK)) > 900
    assert bits(stored) == bits(WALK)
    some = list(stored_rows(migrated, "5m", ["AAPL"], WALK[10].start, WALK[20].start))
    assert [row.start for row in some] == [row.start for row in WALK[10:20]]
    newest = newest_row(migrated, "5m", "AAPL")
    assert newest is not None
    assert newest.start == WALK[-1].start
    assert newest_row(migrated, "5m", "MSFT") is None


def test_train_from_the_archive_then_ask(
    migrated: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", migrated)
    monkeypatch.setenv("TAPEDECK_HOME", str(tmp_path))
    run = CliRunner().invoke
    empty = run(command_line, ["train", "--from-db"])
    assert "archive: expected at least 800 rows of 5m indicators, was 0" in str(empty.exception)
    fill(migrated, WALK)
    done = run(command_line, ["train", "--no-validate", "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["source"] == "archive"
    assert list(told["trained"]) == ["AAPL"]
    said = PricePredictor(
        settings(DATABASE_URL=migrated, TAPEDECK_HOME=tmp_path)
    ).predict_next_price("AAPL", time_horizon_minutes=5)
    assert said.last == WALK[-1].close
    assert said.low < said.price < said.high


def test_rows_become_predictions_that_are_stored_exported_and_answered(
    kafka: str, migrated: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = wired(kafka, migrated, tmp_path)
    made = make(data_of(random_walk(900, 4)), job(), lambda _: None)
    card = card_of(made, "5m", POOLED, "2024-01-01T00:00:00Z")
    ModelStore(models_folder(chosen)).publish(card, made.files)
    rows = WALK[:120]
    _send(chosen, [encode(row) for row in rows] + [b"rubbish"])
    for _ in range(2):  # the second time everything is there already
        _run(chosen, "predict", predict, Topic.INDICATORS)
    said = [decode_prediction(value) for value in values(chosen, Topic.PREDICTIONS)]
    warm = [row for row in rows if SCALE_FREE.vector(row) is not None]
    assert [each.start for each in said] == [row.start for row in warm]
    assert len(values(chosen, Topic.DEAD_LETTERS)) == 1
    _run(chosen, "archive", archive, Topic.PREDICTIONS)
    _exported(migrated, monkeypatch, tmp_path, len(warm))
    _answered(migrated, tmp_path, said[-1].start, card.version)


def test_missing_models_are_trained_and_newer_ones_taken_up_while_it_runs(
    kafka: str, migrated: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No row is lost on the way, and a newer set that is damaged leaves the old one in use."""
    monkeypatch.setenv("DATABASE_URL", migrated)
    fill(migrated, WALK)
    chosen = wired(kafka, migrated, tmp_path, auto_train=True)
    store = ModelStore(models_folder(chosen))
    app = application(chosen, "predict", commit_interval=0.2)
    predict.build(app, chosen, metrics())
    with running(app) as errors:
        _send(chosen, [encode(row) for row in WALK[:100]])
        wait_for(lambda: errors or store.current("5m", "AAPL"), "models made by itself", 180)
        assert errors == []
        trained = store.current("5m", "AAPL")
        assert trained is not None
        assert _said(chosen, WALK[100:140], 40) == [trained] * 40
        made = store.read("5m", "AAPL", trained)
        store.publish(replace(made.card, version="newer"), made.files)
        assert _said(chosen, WALK[140:180], 80)[40:] == ["newer"] * 40
        store.publish(replace(made.card, version="broken"), {**made.files, "forest.onnx": b""})
        assert _said(chosen, WALK[180:220], 120)[80:] == ["newer"] * 40
    assert errors == []


def _said(chosen: Settings, rows: Sequence[IndicatorRow], count: int) -> list[str]:
    """The versions behind all predictions so far, of which there are `count` after these rows."""
    _send(chosen, [encode(row) for row in rows])
    wait_for(lambda: len(values(chosen, Topic.PREDICTIONS)) >= count, f"{count} predictions", 60)
    said = [decode_prediction(value) for value in values(chosen, Topic.PREDICTIONS)]
    assert [each.start for each in said] == [row.start for row in WALK[100 : 100 + count]]
    return [each.version for each in said]


def _send(chosen: Settings, messages: Sequence[bytes]) -> None:
    assert chosen.kafka_bootstrap_servers is not None
    to = producer(chosen.kafka_bootstrap_servers)
    for message in messages:
        to.produce(Topics(chosen.topic_prefix).name(Topic.INDICATORS), message, b"AAPL")
    assert to.flush(30) == 0


def _run(chosen: Settings, name: str, pipeline: object, topic: Topic) -> None:
    assert chosen.kafka_bootstrap_servers is not None
    app = application(chosen, name, commit_interval=0.2)
    pipeline.build(app, chosen, metrics())  # type: ignore[attr-defined]  # a module
    names = Topics(chosen.topic_prefix)
    work_off(app, chosen.kafka_bootstrap_servers, names.group(name), names.name(topic))


def _exported(url: str, monkeypatch: pytest.MonkeyPatch, home: Path, bars: int) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("TAPEDECK_HOME", str(home))
    done = CliRunner().invoke(command_line, ["export", "predictions", "--interval", "5m"])
    found = list(csv.DictReader(io.StringIO(done.stdout)))
    assert len(found) == bars * (len(CLASSIFIERS) + 2)
    votes = [row for row in found if row["model"] != FORECAST]
    assert {row["vote"] for row in votes} <= {"UP", "DOWN", "NEUTRAL"}
    assert all(row["forecast"] == row["low"] == row["high"] == "" for row in votes)
    for row in (row for row in found if row["model"] == FORECAST):
        assert float(row["low"]) <= float(row["forecast"]) <= float(row["high"])
        assert row["vote"] == row["probability"] == ""


def _answered(url: str, home: Path, newest: int, version: str) -> None:
    batch = Batch()
    batch.add(bar_row(Bar("AAPL", "5m", 0, 300_000, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1, 0)))
    engine = connect_engine(url)
    Writer(engine).write(batch)
    engine.dispose()
    client = create_app(settings(DATABASE_URL=url, TAPEDECK_HOME=home)).test_client()

    def items(query: str) -> list[dict[str, object]]:
        answer = client.get(f"/api/v1/predictions/AAPL?{query}")
        assert answer.status_code == 200, answer.text
        found: list[dict[str, object]] = answer.json["items"]  # type: ignore[index]  # a page
        return found

    first = items("limit=6")
    assert {row["start_ms"] for row in first} == {newest}
    assert sorted((str(row["model"]), row["horizon"]) for row in first) == [
        ("adaboost", 1), ("forecast", 1), ("forecast", 3), ("forest", 1), ("logistic", 1),
        ("xgboost", 1),
    ]  # fmt: skip
    assert {row["version"] for row in first} == {version}
    (only,) = items("model=forecast&horizon=3&interval=5m&limit=1")
    assert (only["horizon"], only["start_ms"], only["vote"]) == (3, newest, None)
    assert items("interval=1m") == []
    # Page by page everything comes once.
    seen, cursor = [], "&order=desc"
    while cursor:
        answer = client.get(f"/api/v1/predictions/AAPL?limit=100{cursor}").json
        assert answer is not None
        seen += [(row["start_ms"], row["model"], row["horizon"]) for row in answer["items"]]
        cursor = f"&cursor={answer['next']}" if answer["next"] else ""
    assert len(seen) == len(set(seen)) == 71 * 6
