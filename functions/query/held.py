"""Values held in this process for a moment, so that a crowd asks Redis once."""

import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Held(Generic[T]):
    """At most `size` values, each for `seconds`; for threads, as every step is one of dict's."""

    def __init__(
        self, seconds: float, size: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._seconds = seconds
        self._size = size
        self._clock = clock
        self._values: dict[str, tuple[float, T]] = {}

    def get(self, key: str) -> T | None:
        """The value, or None when there is none that is fresh."""
        found = self._values.get(key)
        return found[1] if found is not None and found[0] > self._clock() else None

    def put(self, key: str, value: T) -> None:
        """Hold it from now on; when it is full all are dropped, they live for moments anyway."""
        if len(self._values) >= self._size:
            self._values = {}
        self._values[key] = (self._clock() + self._seconds, value)
