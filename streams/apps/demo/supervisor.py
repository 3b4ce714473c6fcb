"""Keeps the demo's children and services running: what dies is started again, within reason."""

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence

from streams.adapters.child import Child
from streams.domain.errors import ServiceError

logger = logging.getLogger(__name__)

_STOP_SECONDS = 15.0
_MOST_RESTARTS = 6  # of one child ...
_WITHIN = 60.0  # ... in so many seconds
_WRONG_USE = 2
_MOST_FAILED_STARTS = 4  # of the services, one after the other


class Supervisor:
    """Start all, look after them with `watch`, stop all."""

    def __init__(
        self,
        children: Sequence[Child],
        revive_services: Callable[[], Sequence[str]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._children = children
        self._revive_services = revive_services
        self._clock = clock
        self._failed_starts = 0
        self._restarts: dict[str, deque[float]] = {
            child.name: deque(maxlen=_MOST_RESTARTS) for child in children
        }

    def start(self) -> None:
        for child in self._children:
            child.start()

    def watch(self) -> list[str]:
        """Start what has died again; returns the names.

        Raises ServiceError when a child refuses its settings or dies again and again, or when the
        services cannot be started.
        """
        revived = self._revived_services()
        for child in self._children:
            code = child.exit_code()
            if code is None:
                continue
            self._check(child, code)
            logger.warning("restarting name=%s exit_code=%s", child.name, code)
            child.start()
            revived.append(child.name)
        return revived

    def _revived_services(self) -> list[str]:
        """A service may die again while it starts: that alone does not end everything."""
        try:
            revived = list(self._revive_services())
        except ServiceError as error:
            self._failed_starts += 1
            if self._failed_starts == _MOST_FAILED_STARTS:
                raise
            logger.warning("a service did not start, trying again error=%s", error)
            return []
        self._failed_starts = 0
        return revived

    def _check(self, child: Child, code: int) -> None:
        deaths = self._restarts[child.name]
        now = self._clock()
        again = len(deaths) == _MOST_RESTARTS and now - deaths[0] < _WITHIN
        if code == _WRONG_USE or again:
            why = "refused its settings" if code == _WRONG_USE else "keeps dying"
            raise ServiceError(
                f"{child.name} {why} (exit {code}); the end of {child.log}:\n{child.log_tail()}"
            )
        deaths.append(now)

    def stop(self) -> None:
        """Ask every child to stop, the last started first; kill what does not."""
        for child in reversed(self._children):
            child.terminate()
        deadline = self._clock() + _STOP_SECONDS
        for child in reversed(self._children):
            child.wait(max(0.1, deadline - self._clock()))
