"""The password of the embedded servers: other users of the machine reach 127.0.0.1 too."""

import os
import secrets
from pathlib import Path


def secret(home: Path) -> str:
    """The password of this home's servers, made at the first call; lives as long as the data."""
    path = home / "data" / "password"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        word = secrets.token_hex(12)
        file.write(word)
    return word
