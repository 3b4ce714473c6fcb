"""Every symbol's row, cut into versions that all sessions share: each delta is encoded once.

The reader's thread writes; the server's loop cuts and reads. A row's id is its place in the order
of appearance and never changes.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from panel_app.day import DayRow, DaySeed
from streams.domain.bar import Bar
from streams.domain.signal import Signal

_CUT_S = 0.2
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Rows:
    """What a reader at some version misses; `rows` is encoded, and shared with other readers."""

    whole: bool
    since: int
    version: int
    symbols: list[str]
    rows: msgspec.Raw


class Watchlist:
    """The rows of all symbols; `shortest` and `strength` are the intervals of day and RSI."""

    def __init__(
        self, shortest: str, strength: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.shortest = shortest
        self._of_strength = strength
        self._clock = clock
        self._lock = threading.Lock()
        self._ids: dict[str, int] = {}
        self._names: list[str] = []
        self._rows: list[DayRow] = []
        self._changed: list[int] = []  # per row the version of its last change
        self._dirty: set[int] = set()
        self._version = 0
        self._next_cut = 0.0
        self._encoded: dict[int, msgspec.Raw] = {}

    def put_bar(self, bar: Bar) -> None:
        """Take a bar of the two intervals; others are of no use here."""
        if bar.interval != self.shortest and bar.interval != self._of_strength:
            return
        with self._lock:
            number = self._id(bar.symbol)
            row = self._rows[number]
            if bar.interval == self.shortest:
                row.put(bar)
            if bar.interval == self._of_strength:
                row.put_strength(bar)
            self._dirty.add(number)

    def put_signal(self, signal: Signal) -> None:
        """Take a recommendation of the signals' interval; nothing else is of use here."""
        if signal.kind != "recommendation" or signal.interval != self._of_strength:
            return
        with self._lock:
            number = self._id(signal.symbol)
            self._rows[number].put_call(signal.side.value, signal.time)
            self._dirty.add(number)

    def seed(self, seeds: Mapping[str, DaySeed]) -> None:
        """Put the archive's part of the day below the rows; what came too early stays unseeded."""
        with self._lock:
            for symbol, seed in seeds.items():
                number = self._id(symbol)
                self._rows[number].seed(seed)
                self._dirty.add(number)

    def unseeded(self, symbols: Iterable[str]) -> list[str]:
        """Those whose row has only what came since the start."""
        with self._lock:
            return [
                name
                for name in symbols
                if (number := self._ids.get(name)) is None or not self._rows[number].seeded
            ]

    def read(self, since: int, known: int) -> Rows | None:
        """What changed after version `since` for a reader that knows `known` symbols; -1: all.

        None: nothing did. Versions are cut at most five times a second.
        """
        with self._lock:
            self._cut()
            if since == self._version or not self._rows:
                return None
            whole = since < 0
            rows = self._encoded.get(since)
            if rows is None:
                rows = self._encoded[since] = self._encode(since)
            names = self._names[0 if whole else known :]
            return Rows(whole, since, self._version, names, rows)

    def spark(self, symbol: str) -> list[float] | None:
        """The day's closes, less than 60; the row's last price comes after them."""
        with self._lock:
            number = self._ids.get(symbol)
            return None if number is None else list(self._rows[number].spark.points)

    def quote(self, symbol: str) -> dict[str, Any]:
        """One row by its names; everything is null for a symbol without a bar."""
        with self._lock:
            number = self._ids.get(symbol)
            row = DayRow() if number is None else self._rows[number]
            known = number is not None
            return {
                "last": row.last if known else None,
                "open": row.open if known else None,
                "previous": row.previous,
                "change": row.change,
                "volume": row.volume if known else None,
                "rsi": row.rsi,
                "call": row.call,
            }

    def __len__(self) -> int:
        return len(self._names)

    def _cut(self) -> None:
        now = self._clock()
        if not self._dirty or (now < self._next_cut and self._version):
            return
        self._next_cut = now + _CUT_S
        self._version += 1
        for number in self._dirty:
            self._changed[number] = self._version
        self._dirty.clear()
        self._encoded.clear()

    def _encode(self, since: int) -> msgspec.Raw:
        rows = self._rows
        return msgspec.Raw(
            _encode(
                [
                    (n, (row := rows[n]).last, row.change, row.volume, row.rsi, row.call)
                    for n, when in enumerate(self._changed)
                    if when > since
                ]
            )
        )

    def _id(self, symbol: str) -> int:
        number = self._ids.get(symbol)
        if number is None:
            number = self._ids[symbol] = len(self._names)
            self._names.append(symbol)
            self._rows.append(DayRow())
            self._changed.append(0)
        return number
