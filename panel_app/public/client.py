"""One client of `/ws`: what it is owed, and how it keeps up with it.

Nothing waits in memory but names: a client that does not take what it was sent is not sent more,
and when it does it gets the newest. Signals alone are kept, up to a number.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from panel_app.public.messages import ALL, CHANNELS
from panel_app.public.render import Render
from panel_app.public.wishes import Wishes
from panel_app.store import Key

_ROUND_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What a client may do; told in `hello`."""

    clients: int = 500
    symbols: int = 200
    message_bytes: int = 16_384
    messages_per_second: int = 20
    updates_per_second: float = 4.0
    slow_seconds: float = 10.0
    queued_signals: int = 1_000
    heartbeat_seconds: float = 5.0
    auth_seconds: float = 5.0


class Wire(Protocol):
    """The connection."""

    def put(self, message: bytes) -> None: ...

    def taken(self) -> bool:
        """Has the other side taken everything that was put?"""

    def end(self, code: int, reason: str) -> None: ...


class Client:
    """`due` holds what changed since it was last served."""

    def __init__(
        self, wire: Wire, wishes: Wishes, limits: Limits, clock: Callable[[], float]
    ) -> None:
        self.wire = wire
        self.wishes = wishes
        self._limits = limits
        self._clock = clock
        self._bars: dict[Key, None] = {}
        self._indicators: dict[Key, None] = {}
        self._signals: deque[bytes] = deque()
        self._snapshots: dict[Key, int] = {}
        self._awaited: set[Key] = set()
        self._finals: dict[Key, int] = {}
        self._since: float | None = None
        self.sent = 0

    def owe(self, channel: str, key: Key) -> None:
        """A series changed; before its snapshot that says it all."""
        held_back = key in self._snapshots or key in self._awaited
        if not held_back and self.wishes.wants(channel, key):
            (self._bars if channel == "bars" else self._indicators)[key] = None

    def owe_signal(self, message: bytes, key: Key) -> None:
        if self.wishes.wants("signals", key):
            self._signals.append(message)

    def await_snapshot(self, key: Key) -> None:
        """Its snapshot is being loaded: until then nothing of it is sent."""
        self._awaited.add(key)

    def owe_snapshot(self, key: Key, bars: int) -> None:
        self._awaited.discard(key)
        self._snapshots[key] = bars
        self._bars.pop(key, None)
        self._indicators.pop(key, None)

    def forget(self, symbol: str) -> None:
        """It has unsubscribed."""
        for kept in (self._bars, self._indicators, self._snapshots, self._finals):
            for key in [key for key in kept if symbol in (key.symbol, ALL)]:
                if not any(self.wishes.wants(channel, key) for channel in CHANNELS):
                    kept.pop(key)

    def serve(self, render: Render) -> str | None:
        """Send what is owed, as much as a round may have; why it must go, where it must."""
        if len(self._signals) > self._limits.queued_signals:
            return f"{len(self._signals)} signals were not taken"
        if not self.wire.taken():
            self._since = self._since or self._clock()
            late = self._clock() - self._since
            return f"nothing taken for {late:.0f} s" if late > self._limits.slow_seconds else None
        self._since = None
        size = 0
        for messages in self._owed(render):
            for message in messages:
                self.wire.put(message)
                size += len(message)
            self.sent += len(messages)
            if size > _ROUND_BYTES:
                break
        return None

    def _owed(self, render: Render) -> Iterator[list[bytes]]:
        """Signals first: they are never left out. What is taken from here is sent."""
        while self._signals:
            yield [self._signals.popleft()]
        while self._snapshots:
            key = next(iter(self._snapshots))
            yield [self._snapshot(render, key, self._snapshots.pop(key))]
        while self._bars:
            yield self._moved(render, _first(self._bars))
        while self._indicators:
            row = render.indicators(_first(self._indicators))
            yield [] if row is None else [row[1]]

    def _snapshot(self, render: Render, key: Key, bars: int) -> bytes:
        final = render.bar(key, final=True)
        self._finals[key] = final[0] if final else -1
        channels = {channel for channel in CHANNELS if self.wishes.wants(channel, key)}
        return render.snapshot(key, channels, bars)

    def _moved(self, render: Render, key: Key) -> list[bytes]:
        """The newest closed bar, once, and the forming one."""
        final, forming = render.bar(key, final=True), render.bar(key, final=False)
        messages = []
        if final is not None and self._finals.get(key, -1) < final[0]:
            self._finals[key] = final[0]
            messages.append(final[1])
        if forming is not None:
            messages.append(forming[1])
        return messages


def _first(of: dict[Key, None]) -> Key:
    key = next(iter(of))
    del of[key]
    return key
