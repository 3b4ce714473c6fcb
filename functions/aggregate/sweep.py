"""Every symbol that has grown, in slices: each is a transaction, so a crash costs one slice.

What does not fit into the time is found again by the next sweep. A slice takes more or fewer
symbols by the time that the last one took; one that is too slow is tried again in halves.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from functions.aggregate.store import Store, TooSlowError

logger = logging.getLogger(__name__)

SECONDS = 10.0
"""No slice begins later than this after the sweep, so that it ends well within timeoutSeconds."""
_FIRST, _MOST = 100, 500
_QUICK, _SLOW = 0.4, 1.5


@dataclass(frozen=True, slots=True)
class Outcome:
    """Symbols brought up to date, those left, and the seconds that it took."""

    done: int
    left: int
    seconds: float


class Sweep:
    """Runs sweeps; several at once, also of several instances, share the work."""

    def __init__(
        self, store: Store, seconds: float = SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._store = store
        self._seconds = seconds
        self._clock = clock

    def run(self, *, final: bool) -> Outcome:
        """Work off what has grown, then the pooled scorecards.

        A `final` one looks again at its end, so that `left` counts what others were at, too.
        Raises ServiceError when PostgreSQL does not answer.
        """
        begun = self._clock()
        names = self._store.stale()
        done, skipped = self._slices(names, begun)
        self._store.pool()
        left = len(self._store.stale()) if final else len(names) - done
        if skipped:
            logger.warning("too slow, left for later: symbols=%s", ",".join(skipped))
        return Outcome(done, left, self._clock() - begun)

    def _slices(self, names: list[str], begun: float) -> tuple[int, list[str]]:
        done, at, size = 0, 0, _FIRST
        skipped: list[str] = []
        while at < len(names) and (now := self._clock()) - begun < self._seconds:
            part = names[at : at + size]
            try:
                done += self._store.refresh(part)
            except TooSlowError:
                if len(part) > 1:
                    size = len(part) // 2
                    continue
                skipped += part
            at += len(part)
            took = self._clock() - now
            if took < _QUICK:
                size = min(_MOST, size * 2)
            elif took > _SLOW:
                size = max(1, size // 2)
        return done, skipped
