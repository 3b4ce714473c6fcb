"""Instances that an earlier runtime left behind when it was killed."""

from collections.abc import Callable, Iterable
from pathlib import Path

import psutil

_MODULE = "streams.apps.serve.child"
_SECONDS = 5.0


def reap(home: Path, names: Iterable[str], say: Callable[[str], None] = print) -> int:
    """End them and remove their pid files; returns how many there were.

    A pid that belongs to another program by now is left alone.
    """
    files = [path for name in names for path in _pid_files(home, name)]
    found = [process for path in files if (process := _instance(path)) is not None]
    for process in found:
        say(f"serve: ending pid={process.pid}, left by an earlier run")
        process.terminate()
    for process in psutil.wait_procs(found, timeout=_SECONDS)[1]:
        process.kill()
    for path in files:
        path.unlink(missing_ok=True)
    return len(found)


def _pid_files(home: Path, name: str) -> list[Path]:
    run = home / "run"
    numbered = (p for p in run.glob(f"{name}-*.pid") if p.stem[len(name) + 1 :].isdigit())
    return [*run.glob(f"{name}.pid"), *numbered, *run.glob(f"{name}.*.new")]


def _instance(path: Path) -> psutil.Process | None:
    text = path.read_text().strip()
    if not text.isdigit():
        return None
    try:
        process = psutil.Process(int(text))
        return process if _MODULE in process.cmdline() else None
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return None
