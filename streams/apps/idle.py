"""Bars of live symbols that fall silent close by the wall clock.

After its last tick a symbol's event time goes on at the speed of the wall clock. When that clock
passes the end of an open bar, a heartbeat goes to the `ticks` topic, behind every tick that is
already there, and closes the bar like any message: a restart or a second process changes nothing.

    arrival ........ due = arrival + (end + grace - last ts) + allowance
    last tick |------- rest of the bar -------|-- allowance --| heartbeat

Tapes bring their own marks, so only ticks without a source count here.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

_AGAIN_MS = 10_000
"""A heartbeat that showed no effect by then is sent again."""


@dataclass(slots=True)
class _Watch:
    """One symbol: when its last tick arrived, that tick's time, and when its next bar ends (ms)."""

    arrival: int
    last_ts: int
    next_close: int
    asked: int = 0


class IdleSymbols:
    """Which live symbols have an open bar, and when it is due; safe between two threads."""

    def __init__(self, allowance_ms: int) -> None:
        self._allowance = allowance_ms
        self._watches: dict[str, _Watch] = {}
        self._lock = threading.Lock()

    def tick(self, symbol: str, arrival: int, last_ts: int, next_close: int | None) -> None:
        """A tick arrived (epoch ms); `next_close` is None when it left no bar open."""
        with self._lock:
            if next_close is None:
                self._watches.pop(symbol, None)
            else:
                self._watches[symbol] = _Watch(arrival, last_ts, next_close)

    def closed(self, symbol: str, next_close: int | None) -> None:
        """A mark closed bars of a symbol; its next open bar, if any, ends at `next_close`."""
        with self._lock:
            watch = self._watches.get(symbol)
            if watch is None:
                return
            if next_close is None:
                del self._watches[symbol]
            elif next_close != watch.next_close:
                watch.next_close, watch.asked = next_close, 0

    def due(self, now: int) -> list[tuple[str, int]]:
        """Symbols to send a heartbeat to at `now` (epoch ms), each with its clock."""
        with self._lock:
            found = []
            for symbol, watch in self._watches.items():
                rest = watch.next_close - watch.last_ts
                late = now - (watch.arrival + rest + self._allowance)
                if late >= 0 and now - watch.asked >= _AGAIN_MS:
                    watch.asked = now
                    found.append((symbol, watch.next_close))
            return found


class IdleCloser(threading.Thread):
    """Sends the heartbeats that are due, four times a second, until the process ends or `stop`."""

    def __init__(
        self,
        symbols: IdleSymbols,
        send: Callable[[str, int], None],
        now: Callable[[], float] = time.time,
        stop: threading.Event | None = None,
    ) -> None:
        super().__init__(name="idle-closer", daemon=True)
        self._symbols = symbols
        self._send = send
        self._stop_event = stop or threading.Event()
        self._now = now

    def run(self) -> None:
        while not self._stop_event.wait(0.25):
            for symbol, clock in self._symbols.due(int(self._now() * 1_000)):
                self._send(symbol, clock)
