"""One event to its channels: at least once, in any order of retries, and rarely twice."""

import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future

from functions.notify.flusher import PAUSE_MS, Flusher
from functions.notify.ledger import Claim, Ledger
from functions.notify.notification import Notification
from functions.notify.outcomes import Outcomes
from functions.notify.outlet import Answer, LeftAloneError, Outlet
from functions.notify.reading import PING, notification_of
from functions.notify.routing import Routing
from streams.adapters.cloud_event import CloudEvent
from streams.domain.errors import DeliveryError, ServiceError

logger = logging.getLogger(__name__)

SECONDS = 9.0
"""For one event; `timeoutSeconds` of its Service is 15."""


class Notifier:
    """Handles events; one per process."""

    def __init__(
        self,
        ledger: Ledger,
        flusher: Flusher,
        outlets: Mapping[str, Outlet],
        routing: Routing,
        outcomes: Outcomes,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._ledger = ledger
        self._flusher = flusher
        self._outlets = outlets
        self._routing = routing
        self._outcomes = outcomes
        self._now = now

    def handle(self, event: CloudEvent) -> None:
        """Return when nothing is left to do for the event, also when it was handled before.

        A signal that is not warm or that no route wants is nobody's business and leaves no row.
        Raises EventError for poison, BusyError while another request has the event, ServiceError
        when PostgreSQL or a channel fails; the next attempt only does what is missing.
        """
        deadline = time.monotonic() + SECONDS
        if event.attributes["type"] == PING:
            if failures := self._flusher.flush(deadline):
                raise ServiceError("; ".join(failures))
            return
        failures = self._work(notification_of(event, self._now_ms), deadline)
        # What has waited belongs to other events: its failure is in its rows, not in this answer.
        self._flusher.flush(deadline)
        if failures:
            raise ServiceError("; ".join(failures))

    def _work(self, notification: Notification, deadline: float) -> list[str]:
        """Tell the channels, all at once; returns what this event must come again for."""
        channels = self._routing.channels_of(notification)
        with self._ledger.claim(notification.source, notification.id) as claim:
            todo = claim.plan(notification, channels, lambda name: self._hold(name, notification))
            if not (channels or todo):
                logger.debug("cold or muted, not told")
                self._outcomes.muted()
            started = [
                (outlet, outlet.start(self._routing.message(name, notification)))
                for name in todo
                if (outlet := self._outlets.get(name)) is not None
            ]
            settled = [
                self._settle(claim, notification, outlet, deadline, future)
                for outlet, future in started
            ]
        return [failure for failure in settled if failure is not None]

    def _hold(self, channel: str, notification: Notification) -> tuple[str, int] | None:
        return self._routing.hold(channel, notification, self._now_ms())

    def _settle(
        self,
        claim: Claim,
        notification: Notification,
        outlet: Outlet,
        deadline: float,
        future: Future[Answer],
    ) -> str | None:
        """Write down what became of it; the failure, when the event must come again for it.

        While the channel is left alone its row waits in PostgreSQL instead, so that neither this
        event nor those that are ordered behind it are held up.
        """
        try:
            answer = outlet.answer(future, deadline - time.monotonic())
        except DeliveryError as error:
            parked = outlet.breaker.left() > 0 or isinstance(error, LeftAloneError)
            due = self._now_ms() + PAUSE_MS if parked else None
            claim.failed(notification, outlet.name, str(error), due)
            self._outcomes.failed(outlet.name)
            logger.warning("failed %s%s", error, ", parked" if parked else "")
            return None if parked else str(error)
        claim.delivered(notification, outlet.name, answer.at_ms, answer.remark)
        self._outcomes.delivered(outlet.name, notification.latency_ms)
        logger.info("delivered channel=%s latency_ms=%s", outlet.name, notification.latency_ms)
        return None

    def _now_ms(self) -> int:
        return int(self._now() * 1_000)
