"""`run predict` without a broker: when rows are asked about, and what is produced and when."""

import os
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from quixstreams.sinks.base import SinkBackpressureError

from streams.adapters.messages import decode_prediction, encode
from streams.adapters.models.shelf import Shelf
from streams.adapters.models.store import ModelStore
from streams.adapters.pids import read_pid
from streams.adapters.records import Message
from streams.adapters.topics import Topic
from streams.apps.prediction.engine import Engine
from streams.apps.prediction.sink import PORTION, PredictSink
from streams.apps.prediction.trainer import Trainer, training_child
from streams.apps.train.carding import card_of
from streams.apps.train.training import make
from streams.domain.indicator_row import IndicatorRow
from streams.domain.prediction import POOLED
from tests.fakes import metrics, settings
from tests.random_market import random_walk, rows_of
from tests.tiny_models import data_of, job
from tests.waiting import wait_for

NOW = 1_700_000_000.0
ROWS = list(rows_of(random_walk(400, 7)))
WARM = ROWS[100:]


class Outlet:
    """Keeps what is produced; `refuses` so many calls as a full queue does."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes, str, Any]] = []
        self.refuses = 0
        self.waiting = 0

    def produce(self, topic: str, value: bytes, key: str, *, headers: Any) -> None:
        if self.refuses:
            self.refuses -= 1
            raise BufferError
        self.sent.append((topic, value, key, headers))

    def poll(self, timeout: float) -> int:
        return 0

    def flush(self, timeout: float) -> int:
        return self.waiting


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = make(data_of(random_walk(900, 4)), job(), lambda _: None)
    path = tmp_path_factory.mktemp("models")
    ModelStore(path).publish(card_of(made, "5m", POOLED, "2024-01-01T00:00:00Z"), made.files)
    return path


def shelf_of(folder: Path) -> Shelf:
    return Shelf(ModelStore(folder), lambda _: job().indicators, 0.02)


class Bench:
    """A sink on a store, and what it sends."""

    def __init__(self, folder: Path) -> None:
        self.outlet = Outlet()
        self.watched: list[IndicatorRow] = []
        self.sink = PredictSink(
            Engine(shelf_of(folder)),
            self.outlet,
            {Topic.PREDICTIONS: "predictions", Topic.DEAD_LETTERS: "dead-letters"},
            metrics(),
            self.watched.append,
            lambda: NOW,
        )

    def add(self, value: bytes, age: float = 0.0, headers: Any = ()) -> None:
        stamped = Message("indicators", 0, 0, "A", value, int((NOW - age) * 1_000), list(headers))
        self.sink.add(stamped, b"A", stamped.timestamp, [], "indicators", 0, 0)


@pytest.fixture
def bench(folder: Path) -> Bench:
    return Bench(folder)


def test_a_fresh_row_is_answered_at_once_and_carries_the_trace(bench: Bench) -> None:
    bench.add(encode(WARM[0]), headers=[("produced", b"5"), ("other", b"x")])
    ((topic, value, key, headers),) = bench.outlet.sent
    said = decode_prediction(value)
    assert (topic, key, headers) == ("predictions", "A", [("produced", b"5")])
    assert (said.symbol, said.start, said.scope) == ("A", WARM[0].start, POOLED)
    assert bench.watched == [WARM[0]]


def test_a_backlog_is_answered_in_portions_and_at_the_checkpoint(bench: Bench) -> None:
    backlog = (WARM * 2)[: PORTION + 3]
    for n, row in enumerate(backlog, 1):
        bench.add(encode(row), age=60)
        assert len(bench.outlet.sent) == (PORTION if n >= PORTION else 0)
    bench.sink.flush()
    assert [decode_prediction(sent[1]).start for sent in bench.outlet.sent] == [
        row.start for row in backlog
    ]


def test_a_fresh_row_takes_along_what_was_held(bench: Bench) -> None:
    bench.add(encode(WARM[0]), age=60)
    bench.add(encode(WARM[1]))
    assert [decode_prediction(sent[1]).start for sent in bench.outlet.sent] == [
        WARM[0].start, WARM[1].start,
    ]  # fmt: skip


def test_a_row_that_warms_up_is_passed_over(bench: Bench) -> None:
    bench.add(encode(ROWS[3]))
    bench.sink.flush()
    assert bench.outlet.sent == []


@pytest.mark.parametrize("value", [b"", b"no json", b"{}", b'{"symbol": 3}', b"\xff"])
def test_what_is_no_row_becomes_a_dead_letter(bench: Bench, value: bytes) -> None:
    bench.add(value)
    bench.add(encode(WARM[0]))
    (letter, said) = bench.outlet.sent
    assert (letter[0], letter[1], letter[2]) == ("dead-letters", value, "predict")
    assert dict(letter[3])["reason"] == b"bad_message"
    assert said[0] == "predictions"


def test_a_full_queue_is_waited_for(bench: Bench) -> None:
    bench.outlet.refuses = 3
    bench.add(encode(WARM[0]))
    assert len(bench.outlet.sent) == 1


def test_nothing_is_committed_before_kafka_has_it(bench: Bench) -> None:
    bench.add(encode(WARM[0]))
    bench.outlet.waiting = 1
    with pytest.raises(SinkBackpressureError):
        bench.sink.flush()
    bench.outlet.waiting = 0
    bench.sink.flush()


def test_what_is_held_when_paused_comes_again(bench: Bench) -> None:
    bench.add(encode(WARM[0]), age=60)
    bench.sink.on_paused()
    bench.sink.flush()
    assert bench.outlet.sent == []


class Child:
    """A training that ends when told to."""

    def __init__(self) -> None:
        self.started = 0
        self.code: int | None = None

    def start(self) -> None:
        self.started += 1

    def exit_code(self) -> int | None:
        return self.code


class Watch:
    """A trainer with children by hand and a clock that stands still."""

    def __init__(self, folder: Path, intervals: tuple[str, ...] = ("5m",)) -> None:
        self.children: list[tuple[str, Child]] = []
        self.now = 0.0
        self.shelf = shelf_of(folder)
        self.trainer = Trainer(self.shelf, intervals, self._child, lambda: self.now)

    def _child(self, interval: str) -> Child:
        self.children.append((interval, Child()))
        return self.children[-1][1]

    def rows(self, count: int, interval: str = "5m") -> None:
        for _ in range(count):
            self.trainer(replace(ROWS[0], interval=interval))
        self.trainer.look()


def test_missing_models_are_trained_in_a_child_at_once(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    watch.rows(0)
    assert watch.children == []
    watch.rows(1)
    watch.rows(200)
    ((interval, child),) = watch.children
    assert (interval, child.started) == ("5m", 1)


def test_a_training_that_failed_is_tried_again_with_more_rows_and_not_at_once(
    tmp_path: Path,
) -> None:
    watch = Watch(tmp_path)
    watch.rows(1)
    watch.rows(500)
    watch.children[0][1].code = 1
    watch.rows(0)
    watch.rows(0)
    assert len(watch.children) == 1
    watch.now = 61.0
    watch.rows(0)  # a replay is over: no row comes any more
    assert len(watch.children) == 2
    watch.children[1][1].code = 1
    watch.rows(400)
    watch.now = 200.0
    watch.rows(100)
    assert len(watch.children) == 2
    watch.rows(1)
    assert len(watch.children) == 3


def test_nothing_is_trained_where_models_fit_or_nobody_asked(folder: Path, tmp_path: Path) -> None:
    fitting = Watch(folder)
    fitting.shelf.look()
    fitting.rows(500)
    silent = Watch(tmp_path, ())
    silent.rows(500)
    other = Watch(tmp_path)
    other.rows(500, "1m")
    assert fitting.children == silent.children == other.children == []


def test_a_training_is_of_the_lowest_priority(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The very child, held up by an archive that does not answer."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://a@127.0.0.1:{silent.getsockname()[1]}/a"
        monkeypatch.setenv("DATABASE_URL", url)
        child = training_child(settings(TAPEDECK_HOME=tmp_path), "5m")
        child.start()
        silent.settimeout(120)
        connection, _ = silent.accept()
        pid = read_pid(tmp_path, "train")
        assert pid is not None
        assert os.getpriority(os.PRIO_PROCESS, pid) == 19
        child.terminate()
        child.wait(30)
        connection.close()


def test_a_training_without_an_archive_says_so_and_leaves(tmp_path: Path) -> None:
    """The very child, on an archive that is not there: it says so and leaves."""
    child = training_child(settings(TAPEDECK_HOME=tmp_path), "5m")
    child.start()
    wait_for(lambda: child.exit_code() is not None, "the end of the training", 120)
    assert child.exit_code() == 1
    assert "PostgreSQL is not running" in (tmp_path / "logs" / "train.log").read_text()
