"""What people are told about one signal."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from streams.domain.signal import Signal

_CONTROLS = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)), " ")


@dataclass(frozen=True, slots=True)
class Notification:
    """One signal on its way to people; it is known by `source` and `id` on every channel.

    `latency_ms` is the time since the tick that caused it was sent, where that is known.
    """

    source: str
    id: str
    signal: Signal
    sent_ms: int
    latency_ms: int | None = None
    traceparent: str | None = None
    severity: str | None = None
    anomaly: bool = False

    @property
    def key(self) -> str:
        """The same for every attempt: receivers tell repeats by it."""
        return f"{self.source}#{self.id}"

    @property
    def subject(self) -> str:
        """A heading for people."""
        s = self.signal
        what = s.side.value.upper() if self.severity is None else self.severity.upper()
        return plain(f"{what} {s.symbol}{self._at}, {s.interval} {s.kind}")

    @property
    def _at(self) -> str:
        """A signal of what has no close yet, or no price at all, has 0."""
        return f" at {self.signal.price:.10g}" if self.signal.price else ""

    @property
    def text(self) -> str:
        """One line for people."""
        s = self.signal
        when = f"{datetime.fromtimestamp(s.time / 1_000, UTC):%Y-%m-%d %H:%M:%S} UTC"
        loud = f" ({self.severity})" if self.severity else ""
        cold = "" if s.warm else " (warming up)"
        reason = f": {s.reason}" if s.reason else ""
        what = "ANOMALY" if self.anomaly else s.side.value.upper()
        return plain(
            f"{what} {s.symbol}{self._at}, {s.interval} {s.kind}{loud}"
            f"{cold}{reason} | {when} | {self.id}"
        )

    def as_json(self) -> dict[str, Any]:
        """The object that the file and the webhook channel write."""
        s = self.signal
        return {
            "id": self.id,
            "source": self.source,
            "time_ms": s.time,
            "symbol": s.symbol,
            "interval": s.interval,
            "kind": s.kind,
            "side": s.side.value,
            "severity": self.severity,
            "price": s.price,
            "strength": s.strength,
            "warm": s.warm,
            "reason": s.reason,
            "text": self.text,
            "sent_ms": self.sent_ms,
            "latency_ms": self.latency_ms,
        }

    def stored(self) -> dict[str, Any]:
        """All but `source` and `id`, for a row that waits; `restored` reads it."""
        held: dict[str, Any] = msgspec.to_builtins(self)
        return {name: value for name, value in held.items() if name not in ("source", "id")}


def restored(source: str, event_id: str, held: dict[str, Any]) -> Notification:
    """The notification of a row that has waited."""
    return msgspec.convert({**held, "source": source, "id": event_id}, Notification)


def plain(text: str) -> str:
    """The same on one line: no control characters, which could forge lines and headers."""
    return text.translate(_CONTROLS)
