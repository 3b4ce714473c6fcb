"""Says that a tape has settled, so that what waits for its end, such as scorecards, is finished."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from streams.adapters.broker_status import broker_pending, local_broker
from streams.adapters.ce_http import Answer, EventPoster, ce_overrides
from streams.adapters.cloud_event import CloudEvent
from streams.adapters.settings import Settings
from streams.adapters.settled_event import settled_event
from streams.domain.errors import DeliveryError, ServiceError

logger = logging.getLogger(__name__)

PATIENCE = 60.0
_POLL = 0.1
_TRY_SECONDS = 2.0


def announce_settled(
    settings: Settings,
    run: str,
    data: Mapping[str, Any],
    stop: threading.Event,
    patience: float = PATIENCE,
) -> bool:
    """Post the event to K_SINK or the local broker; whether all that it causes there is done.

    Waits for `patience` seconds for each of the two. The tape has settled all the same: that it
    could not be said is a warning, and the next ping finishes what the event would have.
    """
    sink = settings.sink or local_broker(settings)
    answer = _posted(settings, sink, settled_event(run, time.time(), data), stop, patience)
    if stop.is_set():
        return False
    if answer is None or not answer.accepted:
        said = "no answer" if answer is None else f"{answer.status} {answer.detail}"
        logger.warning("settled not announced sink=%s said=%s", sink, said.strip())
        return False
    if _becomes_none(lambda: broker_pending(settings), stop, patience):
        return True
    logger.warning("settled not worked off within %g s: the next ping goes on", patience)
    return False


def _posted(
    settings: Settings, sink: str, event: CloudEvent, stop: threading.Event, seconds: float
) -> Answer | None:
    """The sink's answer; None when there was none in time. Tries anew, to see a stop soon."""
    poster = EventPoster(
        sink,
        budget=min(_TRY_SECONDS, seconds),
        overrides=ce_overrides(settings.ce_overrides),
        ca_certs=settings.ca_certs,
        lanes=1,
    )
    until = time.monotonic() + seconds
    try:
        while not stop.is_set() and time.monotonic() < until:
            try:
                return poster.post(event)
            except DeliveryError as error:
                logger.debug("settled waits: %s", error)
        return None
    finally:
        poster.close()


def _becomes_none(left: Callable[[], int], stop: threading.Event, seconds: float) -> bool:
    """Whether nothing is left before the time is over; an outage is waited out."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if left() == 0:
                return True
        except ServiceError as error:
            logger.debug("settled waits: %s", error)
        if stop.wait(_POLL):
            return True  # whoever waited has gone
    return False
