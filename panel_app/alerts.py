"""The newest signals and anomalies of all symbols, for the list of alerts."""

import threading
from bisect import insort
from typing import Any, NamedTuple

from streams.domain.anomaly import KIND_PREFIX, Anomaly
from streams.domain.interval import interval_ms
from streams.domain.signal import Side, Signal

KEPT = 2_000


def bar_start(signal: Signal) -> int:
    """Start (ms) of the bar at whose end, or within which, a signal was raised."""
    length = interval_ms(signal.interval)
    return (signal.time - 1) // length * length


class Alert(NamedTuple):
    """A signal; how much it matters, where its rule says so; and did it come just now?"""

    signal: Signal
    severity: str | None = None
    live: bool = False

    @classmethod
    def of(cls, anomaly: Anomaly, *, live: bool = False) -> "Alert":
        """An anomaly as one."""
        return cls(anomaly.signal(), anomaly.severity, live)

    @property
    def drawn(self) -> bool:
        """Has it a mark in the chart? Neutral signals and anomalies of low severity have none."""
        if self.signal.kind.startswith(KIND_PREFIX):
            return self.severity != "low"
        return self.signal.side is not Side.NEUTRAL

    def payload(self) -> dict[str, Any]:
        """As the page gets it; `start` is the bar to jump to."""
        s = self.signal
        return {
            "id": s.id,
            "time": s.time,
            "symbol": s.symbol,
            "interval": s.interval,
            "kind": s.kind,
            "side": s.side.value,
            "severity": self.severity,
            "price": s.price,
            "strength": s.strength,
            "warm": s.warm,
            "reason": s.reason,
            "live": self.live,
            "start": bar_start(s),
        }


class AlertFilter(NamedTuple):
    """Empty fields let everything through."""

    kind: str = ""
    side: str = ""
    severity: str = ""
    symbol: str = ""

    def takes(self, alert: Alert) -> bool:
        signal = alert.signal
        return (
            (not self.kind or signal.kind == self.kind)
            and (not self.side or signal.side.value == self.side)
            and (not self.severity or (alert.severity or "") == self.severity)
            and (not self.symbol or signal.symbol == self.symbol)
        )


class Alerts:
    """At most 2,000, by time; an id that is known is not taken again. Any thread may call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, int] = {}
        self._sorted: list[tuple[int, str, Alert]] = []
        self._arrived: list[Alert] = []
        self._number = 0

    def put(self, alert: Alert) -> None:
        signal = alert.signal
        with self._lock:
            if signal.id in self._known:
                return
            self._number += 1
            self._known[signal.id] = self._number
            insort(self._sorted, (signal.time, signal.id, alert))
            self._arrived.append(alert)
            if len(self._sorted) > KEPT:
                del self._known[self._sorted.pop(0)[1]]
            del self._arrived[:-KEPT]

    def read(self, since: int) -> tuple[int, list[Alert]]:
        """The number of the newest, and those that came after number `since`, oldest first."""
        with self._lock:
            count = min(self._number - since, len(self._arrived)) if since < self._number else 0
            return self._number, self._arrived[len(self._arrived) - count :] if count else []

    def newest(self, wanted: AlertFilter, before: int, limit: int) -> list[Alert]:
        """Those before a time (ms), newest first."""
        with self._lock:
            found: list[Alert] = []
            for time, _, alert in reversed(self._sorted):
                if time < before and wanted.takes(alert):
                    found.append(alert)
                    if len(found) == limit:
                        break
            return found
