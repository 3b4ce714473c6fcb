"""The console channel: a line on standard output."""

import sys
from typing import TextIO

from functions.notify.message import Told
from streams.domain.errors import DeliveryError


class ConsoleChannel:
    name = "console"

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream

    def send(self, message: Told) -> None:
        """Raises DeliveryError when the stream is closed."""
        stream = self._stream or sys.stdout
        try:
            stream.write(f"{message.text}\n")
            stream.flush()
        except (OSError, ValueError) as error:
            raise DeliveryError(f"console: cannot write: {error}") from error
