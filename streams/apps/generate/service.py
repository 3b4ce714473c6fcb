"""`tapedeck generate init|start|stop|status`: a generator in the background, known by its pid.

A pid counts only while that process is a generator of ours: a file left behind by one that was
killed, even when its number is another program's by now, is stale.
"""

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from signal import SIGTERM
from typing import Any

from streams.adapters.endpoints import kafka_address
from streams.adapters.pids import pid_file, remove_pid, write_pid
from streams.adapters.settings import Settings
from streams.adapters.topics import Topics, create_topics
from streams.apps.generate.request import KAFKA
from streams.domain.errors import ServiceError

NAME = "generate"
_STARTING_S = 30.0
_POLL_S = 0.05
_STOP_S = 15.0
_TAIL_BYTES = 4_096
_SPEAKS = b"generate: "
"""Its progress, which begins when its target is there."""


@dataclass(frozen=True, slots=True)
class ServiceState:
    """Whether the generator runs; a `stale` pid file names a process that is none (any more)."""

    running: bool
    pid: int | None
    stale: bool
    since: str | None
    log: str
    last_line: str

    def told(self) -> dict[str, Any]:
        """By the names that programs read."""
        return {name: getattr(self, name) for name in self.__slots__}


def log_path(home: Path) -> Path:
    return home / "logs" / f"{NAME}.log"


def init(settings: Settings, to: str) -> dict[str, Any]:
    """Make what a generator needs: folders, and the topics where it writes to Kafka."""
    _make_folders(settings.home)
    made: list[str] = []
    if to == KAFKA:
        topics = Topics(settings.topic_prefix)
        made = create_topics(kafka_address(settings), topics, settings.partitions)
    return {"home": str(settings.home), "topics_created": made}


def status(home: Path) -> ServiceState:
    """What the pid file says, checked against the process it names."""
    noted = _noted(home)
    pid = noted if noted is not None and _is_generator(noted) else None
    since = None
    if pid is not None:
        since = datetime.fromtimestamp(_process(pid).create_time(), UTC).isoformat("T", "seconds")
    stale = pid is None and pid_file(home, NAME).exists()
    return ServiceState(pid is not None, pid, stale, since, str(log_path(home)), _last_line(home))


def start(home: Path, arguments: Sequence[str]) -> ServiceState:
    """Start `tapedeck generate ARGUMENTS` in a session of its own; raises ServiceError.

    It is refused while one runs. Returns when it has said its first word; one that fails before is
    reported with what it said, one that is done so soon is no failure.
    """
    log = log_path(home)
    with _one_at_a_time(home):
        found = status(home)
        if found.running:
            raise ServiceError(
                f"generate: expected none to run, was pid {found.pid}: stop it first"
            )
        before = log.stat().st_size if log.exists() else 0
        process = _started(log, arguments)
        write_pid(home, NAME, process.pid)
    if _speaks(process, log, before):
        process.returncode = 0  # it outlives us: nobody is to wait for it
        return status(home)
    remove_pid(home, NAME)
    if process.returncode:
        raise ServiceError(
            f"generate: it ended at once (exit {process.returncode}): {_last_line(home)}"
        )
    return status(home)


@contextmanager
def _one_at_a_time(home: Path) -> Iterator[None]:
    """Of two that start at once, the later one finds the other running."""
    _make_folders(home)
    with (home / "run" / f"{NAME}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make_folders(home: Path) -> None:
    for folder in ("run", "logs"):
        (home / folder).mkdir(parents=True, exist_ok=True)


def _started(log: Path, arguments: Sequence[str]) -> "subprocess.Popen[bytes]":
    with log.open("ab") as out:
        return subprocess.Popen(  # noqa: S603  # our own command, no shell
            [sys.executable, "-m", "streams.cli", NAME, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            start_new_session=True,
        )


def _speaks(process: "subprocess.Popen[bytes]", log: Path, before: int) -> bool:
    """Wait for its first word; False when it ended before. One that is only slow is taken."""
    deadline = time.monotonic() + _STARTING_S
    while process.poll() is None:
        if _SPEAKS in _since(log, before) or time.monotonic() > deadline:
            return True
        time.sleep(_POLL_S)
    return False


def _since(log: Path, position: int) -> bytes:
    with log.open("rb") as file:
        file.seek(position)
        return file.read(_TAIL_BYTES)


def stop(home: Path) -> bool:
    """Ask the generator to stop, kill it when it does not; False: none ran.

    A stale pid file is removed, and its process left alone.
    """
    psutil = _psutil()
    found = status(home)
    if found.pid is not None:
        process = _process(found.pid)
        process.send_signal(SIGTERM)
        try:
            process.wait(_STOP_S)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(_STOP_S)
    remove_pid(home, NAME)
    return found.running


def _noted(home: Path) -> int | None:
    try:
        return int(pid_file(home, NAME).read_text())
    except (FileNotFoundError, ValueError):
        return None


def _is_generator(pid: int) -> bool:
    psutil = _psutil()
    try:
        process = psutil.Process(pid)
        words = process.cmdline()
    except (psutil.NoSuchProcess, psutil.AccessDenied):  # denied: somebody else's
        return False
    return process.status() != psutil.STATUS_ZOMBIE and NAME in words and "streams.cli" in words


def _process(pid: int) -> Any:
    return _psutil().Process(pid)


def _psutil() -> Any:
    """The library; raises ServiceError that says how to get it."""
    try:
        import psutil
    except ModuleNotFoundError as error:
        raise ServiceError(
            "generate: the background needs psutil: pip install 'tapedeck[embedded]'"
        ) from error
    return psutil


def _last_line(home: Path) -> str:
    log = log_path(home)
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
        lines = file.read().decode("utf-8", "replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
