"""Pid files: `run/NAME.pid` of every process that Tapedeck starts."""

import os
from pathlib import Path


def pid_file(home: Path, name: str) -> Path:
    return home / "run" / f"{name}.pid"


def write_pid(home: Path, name: str, pid: int) -> None:
    """Note a process; readers never see a half-written file."""
    path = pid_file(home, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{pid}.new")
    fresh.write_text(f"{pid}\n")
    fresh.replace(path)


def remove_pid(home: Path, name: str) -> None:
    pid_file(home, name).unlink(missing_ok=True)


def read_pid(home: Path, name: str) -> int | None:
    """The noted pid if such a process is alive, else None."""
    try:
        pid = int(pid_file(home, name).read_text())
        os.kill(pid, 0)
    except (FileNotFoundError, ValueError, ProcessLookupError):
        return None
    except PermissionError:  # alive, and somebody else's
        return pid
    return pid
