"""The controls of a paced replay, as two small files in the home that it shares with the dashboard.

The replay writes `run/replay.json` (what it is, how far) twice a second and removes it at its end;
whoever wants another speed or a pause writes `run/replay-control.json`, which the replay reads at
the same pace. A wish names the run it is for, so none outlives its replay.
"""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from streams.domain.errors import ServiceError

T = TypeVar("T")
SLOWEST, FASTEST = 0.01, 1_000_000.0
_EVERY_S = 0.4
_FRESH_S = 5.0
_NEVER = float("inf")


@dataclass(frozen=True, slots=True)
class ReplayState:
    """A paced replay: `clock`, `first` and `last` are the tape's epoch ms, `at` the wall's."""

    run: str
    pid: int
    files: tuple[str, ...]
    speed: float
    paused: bool
    clock: int
    first: int
    last: int
    lap: int
    at: int


@dataclass(frozen=True, slots=True)
class ReplayWish:
    """What a run is asked for; None leaves it as it is."""

    run: str
    speed: float | None = None
    paused: bool | None = None


class ReplayPost:
    """The replay's side; without a home that can be written to there are no controls."""

    def __init__(self, home: Path | None, run: str, files: tuple[str, ...]) -> None:
        self._state, self._wish = _paths(home or Path())
        self._run = run
        self._files = files
        self._due = 0.0 if home else _NEVER
        self._seen = -1

    def exchange(
        self, speed: float, paused: bool, clock: int, span: tuple[int, int], lap: int
    ) -> ReplayWish | None:
        """Tell where the replay is, at most every 0.4 s; a new wish for it, if there is one."""
        now = time.monotonic()
        if now < self._due:
            return None
        self._due = now + _EVERY_S
        self._tell(speed, paused, clock, span, lap)
        return self._read_wish()

    def close(self) -> None:
        """The replay is over; another one's state is left alone."""
        if self._due == _NEVER:
            return
        state = _read(self._state, ReplayState)
        if state is not None and state.run == self._run:
            self._state.unlink(missing_ok=True)
            self._wish.unlink(missing_ok=True)

    def tell_soon(self) -> None:
        """The next exchange tells at once: something has changed."""
        if self._due != _NEVER:
            self._due = 0.0

    def _tell(
        self, speed: float, paused: bool, clock: int, span: tuple[int, int], lap: int
    ) -> None:
        at = time.time_ns() // 1_000_000
        state = ReplayState(
            self._run, os.getpid(), self._files, speed, paused, clock, *span, lap, at
        )
        try:
            _write(self._state, state)
        except OSError:
            self._due = _NEVER

    def _read_wish(self) -> ReplayWish | None:
        try:
            changed = self._wish.stat().st_mtime_ns
        except OSError:
            return None
        if changed == self._seen:
            return None
        self._seen = changed
        wish = _read(self._wish, ReplayWish)
        return wish if wish is not None and wish.run == self._run else None


class ReplayDesk:
    """The side of those who look and wish."""

    def __init__(self, home: Path) -> None:
        self._state, self._wish = _paths(home)

    def look(self) -> ReplayState | None:
        """The paced replay that runs on this machine with this home, if one does."""
        state = _read(self._state, ReplayState)
        if state is None or time.time() - state.at / 1_000 > _FRESH_S or not _alive(state.pid):
            return None
        return state

    def ask(self, speed: float | None, paused: bool | None) -> ReplayWish:
        """Wish for a speed or a pause; raises ServiceError when no paced replay runs."""
        state = self.look()
        if state is None:
            raise ServiceError("replay: expected one with --speed on this machine, none runs")
        wish = ReplayWish(state.run, speed, paused)
        _write(self._wish, wish)
        return wish


def _paths(home: Path) -> tuple[Path, Path]:
    return home / "run" / "replay.json", home / "run" / "replay-control.json"


def _write(path: Path, value: ReplayState | ReplayWish) -> None:
    """Readers never see a half-written file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}.new")
    fresh.write_bytes(msgspec.json.encode(value))
    fresh.replace(path)


def _read(path: Path, kind: type[T]) -> T | None:
    """What the file says; None where it is not there or somebody else wrote it."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.DecodeError):
        return None


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
