"""What a request waits for: its records, until the broker has reported each of them."""

import threading
import time
from collections.abc import Sequence
from typing import Any

from streams.adapters.records import Record
from streams.domain.errors import ServiceError


class Receipt:
    """The records of one request; a lock is the cheapest thing to wait for."""

    __slots__ = ("_complete", "_done", "_error", "_expires", "_left", "records")

    def __init__(
        self, records: Sequence[Record], complete: "list[Receipt]", seconds: float
    ) -> None:
        """Once reported it is added to the list; `seconds` is how long somebody waits for it."""
        self.records = records
        self._left = len(records)
        self._complete = complete
        self._expires = time.monotonic() + seconds
        self._error: str | None = None
        self._done = threading.Lock()
        self._done.acquire()

    @property
    def awaited(self) -> bool:
        """Whether somebody still waits; what was answered with 503 must not be sent later."""
        return time.monotonic() < self._expires

    def reported(self, error: Any, _: Any = None) -> None:
        """The delivery report of one record; only the thread that polls calls it."""
        if error is not None and self._error is None:
            self._error = str(error.str())
        self._left -= 1
        if not self._left:
            self._complete.append(self)

    def refuse(self, error: str) -> None:
        """Not all of the records could be handed over."""
        self._error = error
        self.release()

    def release(self) -> None:
        """Wake the request that waits."""
        self._done.release()

    def wait(self) -> None:
        """Raises ServiceError when a record is refused, or not reported in time."""
        if not self._done.acquire(timeout=max(0.0, self._expires - time.monotonic())):
            raise ServiceError("Kafka: expected the messages to be stored in time, were not yet")
        if self._error is not None:
            raise ServiceError(f"Kafka: expected the messages to be stored, was: {self._error}")
