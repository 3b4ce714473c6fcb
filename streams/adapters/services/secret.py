"""The password of the embedded servers: other users of the machine reach 127.0.0.1 too."""

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path


def secret(home: Path) -> str:
    """The password of this home's servers, made at the first call; lives as long as the data."""
    path = home / "data" / "password"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        _make(path)
    return path.read_text().strip()


def _make(path: Path) -> None:
    """Servers start side by side and each asks: the first one's word wins, and is there whole."""
    handle, fresh = tempfile.mkstemp(dir=path.parent)  # readable by its owner only
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(12))
        with suppress(FileExistsError):
            os.link(fresh, path)
    finally:
        os.unlink(fresh)
