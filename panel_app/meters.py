"""Rates and latencies over the last moments, in bounded memory."""

import threading
import time
from collections import deque
from collections.abc import Callable
from math import ceil

_SECONDS = 10
_KEPT_S = 60.0


class Rates:
    """Events per second by name, over the last ten whole seconds; any thread may call."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._began = clock()
        self._counts: dict[str, deque[list[int]]] = {}

    def add(self, name: str, count: int = 1) -> None:
        second = int(self._clock())
        with self._lock:
            seconds = self._counts.setdefault(name, deque(maxlen=_SECONDS + 1))
            if not seconds or seconds[-1][0] != second:
                seconds.append([second, 0])
            seconds[-1][1] += count

    def per_second(self, name: str) -> float:
        now = self._clock()
        second = int(now)
        with self._lock:
            seconds = self._counts.get(name, ())
            total = sum(n for at, n in seconds if second - _SECONDS <= at < second)
        return total / min(_SECONDS, max(1.0, now - self._began))


class Latencies:
    """The latencies (ms) of the last minute, at most 4,096; any thread may call."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: deque[tuple[float, float]] = deque(maxlen=4_096)

    def add(self, latency_ms: float) -> None:
        with self._lock:
            self._kept.append((self._clock(), max(0.0, latency_ms)))

    def percentiles(self, *shares: float) -> list[float] | None:
        """The latencies (ms) that these shares of the last minute's do not exceed; None: no one."""
        with self._lock:
            oldest = self._clock() - _KEPT_S
            found = sorted(latency for at, latency in self._kept if at >= oldest)
        if not found:
            return None
        return [found[max(0, ceil(share * len(found)) - 1)] for share in shares]
