"""The trainer beside `run predict`: when missing models are trained, and by whom."""

import os
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from streams.adapters.pids import read_pid
from streams.apps.prediction.trainer import Trainer, training_child
from tests.fakes import settings
from tests.unit.apps.predicting import ROWS, shelf_of
from tests.waiting import wait_for


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
