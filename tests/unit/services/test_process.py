"""Processes that outlive their starter, and pid files that outlive their process."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from signal import SIGTERM

import psutil
import pytest

from streams.adapters.pids import pid_file, write_pid
from streams.adapters.services.process import (
    last_lines,
    run,
    running_pid,
    start,
    stop,
    strays,
)
from streams.adapters.services.processes import running_processes
from streams.adapters.services.service import Launch, Marker
from streams.domain.errors import ServiceError
from tests.waiting import wait_for


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[int]:
    """A server of sorts, known by its odd number."""
    process = start(tmp_path, "sleeper", _launch(), tmp_path / "logs" / "sleeper.log")
    yield process.pid
    stop(tmp_path, "sleeper", process.pid, SIGTERM, 5)


def _launch() -> Launch:
    return Launch((shutil.which("sleep") or "sleep", f"3600.{os.getpid()}"))


def _marker() -> Marker:
    return Marker("sleep", f"3600.{os.getpid()}")


def test_a_started_process_is_found_by_its_pid_file(tmp_path: Path, sleeper: int) -> None:
    wait_for(lambda: running_pid(tmp_path, "sleeper", _marker()) == sleeper, "the process")
    assert list(strays(_marker())) == [sleeper]
    assert os.getsid(sleeper) != os.getsid(0)


def test_a_pid_of_another_program_does_not_count(tmp_path: Path) -> None:
    write_pid(tmp_path, "sleeper", os.getpid())
    assert running_pid(tmp_path, "sleeper", _marker()) is None


def test_a_program_that_only_mentions_the_data_does_not_count(tmp_path: Path, sleeper: int) -> None:
    other = Marker("java", f"3600.{os.getpid()}")
    assert running_pid(tmp_path, "sleeper", other) is None


def test_a_killed_process_leaves_no_zombie(tmp_path: Path, sleeper: int) -> None:
    psutil.Process(sleeper).kill()
    wait_for(lambda: not psutil.pid_exists(sleeper), "the end of the process")
    assert running_pid(tmp_path, "sleeper", _marker()) is None


def test_stop_removes_the_pid_file(tmp_path: Path, sleeper: int) -> None:
    stop(tmp_path, "sleeper", sleeper, SIGTERM, 5)
    assert not pid_file(tmp_path, "sleeper").exists()
    assert not psutil.pid_exists(sleeper)


def test_a_program_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="/no/such"):
        start(tmp_path, "x", Launch(("/no/such",)), tmp_path / "x.log")


def test_a_failing_tool_is_quoted() -> None:
    with pytest.raises(ServiceError, match=r"(?s)making: expected exit 0, was 3:\nbecause"):
        run(Launch((shutil.which("sh") or "sh", "-c", "echo because; exit 3")), "making")


def test_only_what_was_logged_since_counts(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    log.write_text("before\nafter\n")
    assert last_lines(log, after=7) == "after"
    assert last_lines(tmp_path / "none.log") == ""


def test_our_processes_are_listed_without_services_and_the_dead(
    tmp_path: Path, sleeper: int
) -> None:
    write_pid(tmp_path, "kafka", sleeper)
    pid_file(tmp_path, "gone").write_text("4194305\n")
    assert [(each.name, each.pid) for each in running_processes(tmp_path)] == [("sleeper", sleeper)]


def test_a_pid_file_older_than_its_process_is_stale(tmp_path: Path, sleeper: int) -> None:
    os.utime(pid_file(tmp_path, "sleeper"), (1_000_000_000, 1_000_000_000))
    assert running_processes(tmp_path) == []
