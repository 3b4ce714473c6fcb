"""Tells what has waited: digests that are due or full, quiet hours, what could not be told."""

import logging
import time
from collections.abc import Callable, Mapping

from functions.notify.outcomes import Outcomes
from functions.notify.outlet import Answer, Outlet
from functions.notify.routing import Routing
from functions.notify.waiting import Ask, Batch, Batches, Waiting
from streams.domain.errors import DeliveryError
from streams.domain.notify_rules import ChannelRules

logger = logging.getLogger(__name__)

PAUSE_MS = 30_000
"""How long what could not be told waits for another attempt."""
_ONE_SEND = 4.5


class Flusher:
    """One per process; several processes may flush at once."""

    def __init__(
        self,
        waiting: Waiting,
        outlets: Mapping[str, Outlet],
        routing: Routing,
        outcomes: Outcomes,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._waiting = waiting
        self._outlets = outlets
        self._routing = routing
        self._outcomes = outcomes
        self._now = now

    def flush(self, deadline: float) -> list[str]:
        """Tell what is due until `deadline` (monotonic); returns what went wrong.

        Raises ServiceError when PostgreSQL fails.
        """
        failures: list[str] = []
        for name, (count, due) in self._waiting.tallies().items():
            outlet = self._outlets.get(name)
            if outlet is None or outlet.breaker.left():
                continue
            ask = self._ask(self._routing.rules.of(name))
            if ask is not None and (due <= ask.now_ms or count >= (ask.full or count + 1)):
                failures += self._channel(outlet, ask, deadline)
        return failures

    def _ask(self, rules: ChannelRules) -> Ask | None:
        """What may be told on the channel now; None when it is quiet there."""
        now = self._now_ms()
        full = rules.digest.most if rules.digest else None
        if rules.quiet is None or rules.quiet.until(now) is None:
            return Ask(now, rules.most, full)
        loud = rules.quiet.loud
        return Ask(now, rules.most, full, loud) if loud else None

    def _channel(self, outlet: Outlet, ask: Ask, deadline: float) -> list[str]:
        failures = []
        with self._waiting.batches(outlet.name) as batches:
            while batches is not None and deadline - time.monotonic() > _ONE_SEND:
                batch = None if outlet.breaker.left() else batches.next(ask)
                if batch is None:
                    break
                try:
                    self._tell(outlet, batches, batch, deadline)
                except DeliveryError as error:
                    now = self._now_ms()
                    batches.failed(batch, str(error), now, now + PAUSE_MS)
                    self._outcomes.failed(outlet.name)
                    failures.append(str(error))
        return failures

    def _tell(self, outlet: Outlet, batches: Batches, batch: Batch, deadline: float) -> None:
        message = self._routing.digest(outlet.name, batch.name, batch.notifications)
        answer: Answer = outlet.answer(outlet.start(message), deadline - time.monotonic())
        batches.delivered(batch, answer.at_ms, answer.remark)
        self._outcomes.delivered(outlet.name, count=len(batch.notifications))
        logger.info("told channel=%s count=%d", outlet.name, len(batch.notifications))

    def _now_ms(self) -> int:
        return int(self._now() * 1_000)
