"""The file channel: JSON lines. Each is appended whole, also while others append."""

import json
import os
from pathlib import Path

from functions.notify.message import Told
from streams.domain.errors import DeliveryError


class FileChannel:
    name = "file"

    def __init__(self, path: Path) -> None:
        self._path = path

    def send(self, message: Told) -> None:
        """Raises DeliveryError when the line cannot be written whole."""
        line = json.dumps(message.as_json()).encode() + b"\n"
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            # Opened each time: the file may be moved away or removed while this process lives.
            file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            try:
                written = os.write(file, line)
            finally:
                os.close(file)
        except OSError as error:
            raise DeliveryError(f"file: cannot append to {self._path}: {error}") from error
        if written != len(line):
            raise DeliveryError(f"file: {self._path}: expected {len(line)} bytes, was {written}")
