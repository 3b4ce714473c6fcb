"""Our own processes on this machine, from their pid files, and emptying what they left."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import psutil

from streams.adapters.services.fleet import SERVICES
from streams.adapters.services.lifecycle import down
from streams.adapters.settings import Settings
from streams.domain.errors import ServiceError

# A process cannot have started after its pid was noted, but clocks are not that exact.
_SLACK = 5.0
_EMPTIED = ("data", "state", "broker")


@dataclass(frozen=True, slots=True)
class RunningProcess:
    """A process of ours: `memory` in bytes, `started` in epoch seconds."""

    name: str
    pid: int
    memory: int
    started: float


def running_processes(home: Path) -> list[RunningProcess]:
    """Every process with a pid file in the home that is alive, by name; services left out."""
    services = {service.name for service in SERVICES}
    notes = sorted(path for path in (home / "run").glob("*.pid") if path.stem not in services)
    return [found for note in notes if (found := _process(note)) is not None]


def _process(note: Path) -> RunningProcess | None:
    try:
        written, process = note.stat().st_mtime, psutil.Process(int(note.read_text()))
        with process.oneshot():
            if process.status() == psutil.STATUS_ZOMBIE:
                return None
            started, memory = process.create_time(), process.memory_info().rss
    except (OSError, ValueError, psutil.Error):
        return None
    if started > written + _SLACK:
        return None
    return RunningProcess(note.stem, process.pid, memory, started)


def what_reset_removes(settings: Settings) -> list[Path]:
    """The folders with data that exist; empty when there is nothing to reset."""
    home = settings.home.resolve()
    return [path for name in _EMPTIED if (path := home / name).exists()]


def reset(settings: Settings) -> list[Path]:
    """Stop the embedded services and remove their data and the pipelines' state; returns it.

    External services are left as they are. Raises ServiceError while a process of ours runs.
    """
    running = running_processes(settings.home)
    if running:
        names = ", ".join(f"{each.name} (pid {each.pid})" for each in running)
        raise ServiceError(f"reset: expected no process of Tapedeck to run, was {names}: stop it")
    folders = what_reset_removes(settings)
    down(settings)
    for folder in folders:
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise ServiceError(f"reset: {folder} cannot be removed: {error}") from error
    return folders
