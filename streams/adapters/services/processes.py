"""Our own processes on this machine, from their pid files."""

from dataclasses import dataclass
from pathlib import Path

import psutil

from streams.adapters.services.fleet import SERVICES

# A process cannot have started after its pid was noted, but clocks are not that exact.
_SLACK = 5.0


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
