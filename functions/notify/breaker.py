"""A breaker: what has failed again and again is left alone for a while."""

import time
from collections.abc import Callable
from threading import Lock

_LONGEST = 300.0


class Breaker:
    """Opens after `failures` in a row, for `pause` seconds; then each try may close it."""

    def __init__(
        self,
        failures: int = 3,
        pause: float = 30.0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit = failures
        self._pause = pause
        self._now = now
        self._lock = Lock()
        self._failures = 0
        self._until = 0.0

    @property
    def failures(self) -> int:
        """In a row, until now."""
        return self._failures

    def left(self) -> float:
        """Seconds to leave it alone; 0 when it may be tried."""
        return max(0.0, self._until - self._now())

    def succeeded(self) -> None:
        with self._lock:
            self._failures, self._until = 0, 0.0

    def failed(self, after: float | None = None) -> None:
        """Count one; `after` (seconds) is when it wants to be tried again, if it said so."""
        with self._lock:
            self._failures += 1
            pause = self._pause if self._failures >= self._limit else 0.0
            pause = max(pause, min(after or 0.0, _LONGEST))
            if pause:
                self._until = self._now() + pause
