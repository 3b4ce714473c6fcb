"""Where `tapedeck serve` of a home listens: noted by it, read by other commands of that home."""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class LocalFunctions:
    """URLs of the broker and of each function by name, while the process `pid` runs."""

    pid: int
    broker: str
    functions: Mapping[str, str]


def note_functions(home: Path, running: LocalFunctions) -> None:
    path = _file(home)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(asdict(running)))
    fresh.replace(path)


def forget_functions(home: Path) -> None:
    _file(home).unlink(missing_ok=True)


def local_functions(home: Path) -> LocalFunctions | None:
    """None when no `tapedeck serve` runs there."""
    with suppress(FileNotFoundError, ValueError, TypeError, ProcessLookupError, PermissionError):
        noted = LocalFunctions(**json.loads(_file(home).read_text()))
        os.kill(noted.pid, 0)
        return noted
    return None


def _file(home: Path) -> Path:
    return home / "run" / "serve.json"
