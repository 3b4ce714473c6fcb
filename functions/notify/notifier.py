"""One event to every channel: at least once, in any order of retries, and rarely twice."""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence

import msgspec
from prometheus_client import CollectorRegistry, Counter, Histogram

from functions.notify.channels.selection import Channel
from functions.notify.ledger import Claim, Ledger
from functions.notify.notification import Notification
from streams.adapters.cloud_event import CloudEvent, EventError, json_data
from streams.adapters.messages import decode_signal
from streams.domain.errors import DeliveryError, ServiceError

logger = logging.getLogger(__name__)

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
_REMEMBERED = 10_000


class Notifier:
    """Handles events; one per process."""

    def __init__(
        self,
        ledger: Ledger,
        channels: Sequence[Channel],
        *,
        cold: bool,
        registry: CollectorRegistry,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._ledger = ledger
        self._channels = {channel.name: channel for channel in channels}
        self._cold = cold
        self._now = now
        self._answered: OrderedDict[tuple[str, str, str], int] = OrderedDict()
        self._sent = Counter(
            "tapedeck_notifications", "By outcome", ["channel", "status"], registry=registry
        )
        self._latency = Histogram(
            "tapedeck_notification_latency_seconds",
            "From the tick being sent to the channel being called",
            ["channel"],
            buckets=_BUCKETS,
            registry=registry,
        )

    def handle(self, event: CloudEvent) -> None:
        """Return when nothing is left to do for the event, also when it was handled before.

        A signal that is not warm is nobody's business: it leaves no row. Raises EventError for
        poison, BusyError while another request has the event, ServiceError when PostgreSQL or a
        channel fails; the next attempt only does what is missing.
        """
        notification = self._read(event)
        if not (notification.signal.warm or self._cold):
            logger.debug("cold, not told")
            return
        failures = []
        with self._ledger.claim(event.source, event.id) as claim:
            for name in claim.plan(notification, list(self._channels)):
                try:
                    self._tell(claim, notification, self._channels[name])
                except DeliveryError as error:
                    claim.failed(notification, name, str(error))
                    self._sent.labels(name, "failed").inc()
                    failures.append(str(error))
        if failures:
            raise ServiceError("; ".join(failures))

    def _tell(self, claim: Claim, notification: Notification, channel: Channel) -> None:
        """Send once per process: an answer whose commit failed is only committed again."""
        key = (notification.source, notification.id, channel.name)
        if key not in self._answered:
            channel.send(notification)
            self._answered[key] = self._now_ms()
            while len(self._answered) > _REMEMBERED:
                self._answered.popitem(last=False)
            self._sent.labels(channel.name, "delivered").inc()
            if notification.latency_ms is not None:
                self._latency.labels(channel.name).observe(notification.latency_ms / 1_000)
        claim.delivered(notification, channel.name, self._answered[key])
        logger.info("delivered channel=%s latency_ms=%s", channel.name, notification.latency_ms)

    def _read(self, event: CloudEvent) -> Notification:
        json_data(event)  # says 415, 400 or 422 for what is not even an object
        try:
            signal = decode_signal(event.data)
        except msgspec.DecodeError as error:
            raise EventError(422, f"data: expected a signal, was off: {error}") from error
        now = self._now_ms()
        produced = event.get("producedms") or ""
        return Notification(
            source=event.source,
            id=event.id,
            signal=signal,
            sent_ms=now,
            latency_ms=max(0, now - int(produced)) if produced.isdigit() else None,
            traceparent=event.trace.get("traceparent"),
        )

    def _now_ms(self) -> int:
        return int(self._now() * 1_000)
