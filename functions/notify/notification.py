"""What people are told about one signal."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from streams.domain.signal import Signal


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

    @property
    def text(self) -> str:
        """One line for people."""
        s = self.signal
        when = f"{datetime.fromtimestamp(s.time / 1_000, UTC):%Y-%m-%d %H:%M:%S} UTC"
        cold = "" if s.warm else " (warming up)"
        reason = f": {s.reason}" if s.reason else ""
        return (
            f"{s.side.value.upper()} {s.symbol} at {s.price:.10g}, {s.interval} {s.kind}{cold}"
            f"{reason} | {when} | {self.id}"
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
            "price": s.price,
            "strength": s.strength,
            "warm": s.warm,
            "reason": s.reason,
            "text": self.text,
            "sent_ms": self.sent_ms,
            "latency_ms": self.latency_ms,
        }
