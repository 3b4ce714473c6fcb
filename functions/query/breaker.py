"""A circuit breaker: after a failure a server is left alone for a while.

```
 closed --failed()--> open ---- pause over, one caller may try ----> closed | open again
```
So a server that hangs costs one time-out per pause, not one per request.
"""

import time
from collections.abc import Callable
from threading import Lock


class Breaker:
    """Says whether a server is worth asking; shared by all threads."""

    def __init__(self, pause: float, clock: Callable[[], float] = time.monotonic) -> None:
        """`pause` is in seconds."""
        self._pause = pause
        self._clock = clock
        self._lock = Lock()
        self._open = False
        self._open_until = 0.0

    def allows(self) -> bool:
        """False while it is open; when the pause is over True for one caller, who tries it."""
        if not self._open:
            return True
        with self._lock:
            now = self._clock()
            if now < self._open_until:
                return False
            self._open_until = now + self._pause
            return True

    def failed(self) -> bool:
        """Open it; True when it was closed, so that one line is logged per outage."""
        with self._lock:
            first, self._open = not self._open, True
            self._open_until = self._clock() + self._pause
            return first

    def worked(self) -> None:
        """Close it."""
        self._open = False
