"""One browser's view: it pulls what it misses from the store, four times a second."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from panel_app.feed import Feed
from panel_app.store import Change, Key, Store
from streams.domain.tick import MAX_SYMBOL

PULL_MS = 250
_HEARTBEAT_S = 1.0


class _Loads(Protocol):
    def load(self, key: Key) -> None: ...


class Ask(msgspec.Struct):
    """What the browser wants to see; without a symbol, the first there is."""

    symbol: str = ""
    interval: str = ""


@dataclass(frozen=True, slots=True)
class Sources:
    """What all sessions of a process share."""

    store: Store
    feed: Feed
    history: _Loads | None
    intervals: tuple[str, ...]
    interval: str
    """The one shown when the browser asks for none."""


class Session:
    """Answers `ask` with whole frames and then sends only what changed.

    A frame with nothing new goes out once a second, so that silence means a lost connection.
    Nothing is sent before the browser's first `ask`.
    """

    def __init__(
        self,
        send: Callable[[str], None],
        sources: Sources,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._deliver = send
        self._from = sources
        self._clock = clock
        self._asked: Ask | None = None
        self._key: Key | None = None
        self._epoch, self._version = -1, -1
        self._symbols = -1
        self._next_beat = 0.0
        self._number = 0

    def ask(self, text: str) -> None:
        """Take a request of the browser; one that cannot be read asks for the default."""
        try:
            asked = msgspec.json.decode(text, type=Ask)
        except (msgspec.DecodeError, UnicodeError):
            asked = Ask()
        self._asked = asked
        self._symbols = -1
        self._show(None)
        self.pull()

    def pull(self) -> None:
        """Send what is new, if anything is or a heartbeat is due."""
        if self._asked is None:
            return
        if self._key is None:
            self._show(self._choose(self._asked))
        store, now = self._from.store, self._clock()
        change = store.read(self._key, self._epoch, self._version) if self._key else None
        symbols = store.symbols(self._symbols)
        if change is None and symbols is None and now < self._next_beat:
            return
        self._next_beat = now + _HEARTBEAT_S
        self._send(change, symbols)

    def close(self) -> None:
        """Let go of the series."""
        self._asked = None
        self._show(None)

    def _choose(self, asked: Ask) -> Key | None:
        interval = asked.interval if asked.interval in self._from.intervals else self._from.interval
        symbol = asked.symbol[:MAX_SYMBOL] or next(iter(self._from.store.symbols(-1) or ()), "")
        return Key(symbol, interval) if symbol else None

    def _show(self, key: Key | None) -> None:
        if self._key is not None:
            self._from.store.unwatch(self._key)
        self._key, self._epoch, self._version = key, -1, -1
        if key and self._from.store.watch(key) and self._from.history:
            self._from.history.load(key)

    def _send(self, change: Change | None, symbols: list[str] | None) -> None:
        self._number += 1
        frame: dict[str, Any] = {"number": self._number, "feed": self._feed()}
        if self._key:
            frame |= {"symbol": self._key.symbol, "interval": self._key.interval}
        if change is not None:
            self._epoch, self._version = change.epoch, change.version
            frame["change"] = _payload(change)
        if symbols is not None:
            self._symbols = len(symbols)
            frame |= {"symbols": symbols, "intervals": self._from.intervals}
        self._deliver(msgspec.json.encode(frame).decode())

    def _feed(self) -> dict[str, Any]:
        store = self._from.store
        status = self._from.feed.status(store.open)
        return {
            "state": status.state,
            "age": None if status.age is None else round(status.age, 1),
            "tick": store.last_tick,
            "open": store.open,
            "messages": self._from.feed.messages,
        }


def _payload(change: Change) -> dict[str, Any]:
    """NaN becomes null in JSON: an average that is not known."""
    return {
        "whole": change.whole,
        "base": change.base,
        "count": change.count,
        "bars": [[number, start, *row, final] for number, start, row, final in change.bars],
        "markers": change.markers,
    }
