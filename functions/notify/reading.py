"""Events as notifications: what they must hold to be told and stored."""

import re
from collections.abc import Callable

import msgspec

from functions.notify.notification import Notification
from streams.adapters.anomaly_messages import TYPE as ANOMALY
from streams.adapters.anomaly_messages import decode_anomaly
from streams.adapters.cloud_event import CloudEvent, EventError, json_data
from streams.adapters.messages import decode_signal
from streams.domain.signal import Signal

PING = "dev.knative.sources.ping"
"""The type of a PingSource's events: nothing new, but something may have come due."""
_ANOMALY = (ANOMALY, "io.tapedeck.signal.anomaly")
# An entry of PostgreSQL's index must fit a third of a page of 8 kB, at up to four bytes each.
_KEY = 300
_MS = re.compile(r"[0-9]{1,15}")
_LAST_MS = 253_402_300_799_999  # the year 9999


def notification_of(event: CloudEvent, now_ms: Callable[[], int]) -> Notification:
    """Raises EventError: 415, 400 or 422 for what can be told to nobody, however often it comes."""
    json_data(event)
    signal = _signal(event)
    _check(event, signal)
    now = now_ms()
    produced = event.get("producedms") or ""
    sent = int(produced) if _MS.fullmatch(produced) else None
    return Notification(
        source=event.source,
        id=event.id,
        signal=signal,
        sent_ms=now,
        latency_ms=None if sent is None else max(0, now - sent),
        traceparent=event.trace.get("traceparent"),
        severity=(event.get("severity") or "").strip().lower() or None,
        anomaly=_is_anomaly(event, signal),
    )


def _signal(event: CloudEvent) -> Signal:
    """The signal of the event's data, or the anomaly as one."""
    anomaly = event.attributes["type"] == ANOMALY
    try:
        return decode_anomaly(event.data).signal() if anomaly else decode_signal(event.data)
    except msgspec.DecodeError as error:
        what = "an anomaly" if anomaly else "a signal"
        raise EventError(422, f"data: expected {what}, was off: {error}") from error


def _is_anomaly(event: CloudEvent, signal: Signal) -> bool:
    kind = event.get("kind") or signal.kind
    return event.attributes["type"].startswith(_ANOMALY) or kind.startswith("anomaly")


def _check(event: CloudEvent, signal: Signal) -> None:
    if not 0 <= signal.time <= _LAST_MS:
        raise EventError(422, f"time: expected epoch ms from 0 to {_LAST_MS}, was {signal.time}")
    named = {"symbol": signal.symbol, "kind": signal.kind, "interval": signal.interval}
    for name, text in {"id": event.id, "source": event.source, **named}.items():
        if len(text) > _KEY:
            raise EventError(422, f"{name}: expected at most {_KEY} characters, was {len(text)}")
    for name, text in {**named, "reason": signal.reason, "id": signal.id}.items():
        if "\0" in text:
            raise EventError(422, f"{name}: expected no NUL, was {text[:80]!r}")
