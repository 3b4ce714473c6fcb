"""Requests within what a provider allows: token buckets that are never overdrawn in any window."""

from collections import deque
from collections.abc import Callable


class Limiter:
    """At most `count` in any stretch of `seconds`, for each (count, seconds).

    Stricter than a bucket that fills all the time, which allows nearly twice the count in one
    window: a token comes back exactly `seconds` after it was taken.
    """

    def __init__(self, limits: tuple[tuple[int, float], ...], clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        self._taken: deque[float] = deque(maxlen=max((count for count, _ in limits), default=1))
        self._not_before = 0.0

    def wait(self) -> float:
        """Seconds until the next request is allowed."""
        now = self._clock()
        due = [self._not_before]
        for count, seconds in self._limits:
            if len(self._taken) >= count:
                due.append(self._taken[-count] + seconds)
        return max(0.0, max(due) - now)

    def take(self) -> None:
        """A request is being made."""
        self._taken.append(self._clock())

    def hold(self, seconds: float) -> None:
        """No request for so long: the provider has asked for it."""
        self._not_before = max(self._not_before, self._clock() + seconds)
