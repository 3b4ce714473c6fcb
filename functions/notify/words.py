"""Notifications and digests in the words of a channel."""

from collections.abc import Mapping, Sequence
from datetime import UTC

from functions.notify.message import Message
from functions.notify.notification import Notification, plain
from streams.domain.message_template import MessageTemplate, Missing, Moment, Value
from streams.domain.notify_rules import Wording

DIGEST_SOURCE = "/tapedeck/notify"
_SHOWN_SYMBOLS = 5


def message_of(notification: Notification, wording: Wording) -> Message:
    """One notification as a message."""
    values = signal_values(notification)
    return Message(
        notification.key,
        plain(_worded(wording.subject, values, notification.subject)),
        _worded(wording.text, values, notification.text),
        notification.as_json(),
        notification.traceparent,
    )


def digest_of(name: str, told: Sequence[Notification], wording: Wording) -> Message:
    """Several as one message; a single one is a message of its own."""
    if len(told) == 1:
        return message_of(told[0], wording)
    each = [message_of(notification, wording) for notification in told]
    values = digest_values(told, [message.text for message in each])
    subject = f"{values['count']} signals: {values['symbols']}"
    body = {
        "id": name,
        "source": DIGEST_SOURCE,
        "count": len(told),
        "notifications": [message.as_json() for message in each],
    }
    return Message(
        f"{DIGEST_SOURCE}#{name}",
        plain(_worded(wording.digest_subject, values, subject)),
        _worded(wording.digest_text, values, f"{subject}\n{values['lines']}"),
        body,
    )


def signal_values(notification: Notification) -> dict[str, Value]:
    """The fields of `subject` and `text`."""
    s = notification.signal
    latency = notification.latency_ms
    return {
        "symbol": plain(s.symbol),
        "kind": plain(s.kind),
        "side": s.side.value,
        "SIDE": s.side.value.upper(),
        "interval": plain(s.interval),
        "price": s.price,
        "strength": s.strength,
        "severity": notification.severity or Missing(),
        "warm": "true" if s.warm else "false",
        "reason": plain(s.reason),
        "time": Moment.fromtimestamp(s.time / 1_000, UTC),
        "id": plain(notification.id),
        "source": plain(notification.source),
        "latency_ms": Missing() if latency is None else latency,
        "line": notification.text,
    }


def digest_values(told: Sequence[Notification], lines: Sequence[str]) -> dict[str, Value]:
    """The fields of `digest_subject` and `digest_text`."""
    symbols = list(dict.fromkeys(plain(notification.signal.symbol) for notification in told))
    more = len(symbols) - _SHOWN_SYMBOLS
    times = [notification.signal.time for notification in told]
    return {
        "count": len(told),
        "symbols": ", ".join(symbols[:_SHOWN_SYMBOLS]) + (f" and {more} more" * (more > 0)),
        "first": Moment.fromtimestamp(min(times) / 1_000, UTC),
        "last": Moment.fromtimestamp(max(times) / 1_000, UTC),
        "lines": "\n".join(lines),
    }


def _worded(template: MessageTemplate | None, values: Mapping[str, Value], usual: str) -> str:
    return usual if template is None else template.render(values)
