"""Forming bars for the screens: conflated per symbol and limited in number, never in the way."""

import time
from collections.abc import Callable

from streams.adapters.messages import Headers, encode
from streams.adapters.records import Record
from streams.adapters.topics import Topic
from streams.domain.fold import Fold

_EVERY = 0.1  # seconds between two updates of one symbol
_PAUSE = 0.005  # seconds between two looks at what is due
_PER_SECOND = 500.0  # messages a second in all: a replay at full speed must not drown in them


class Forming:
    """Remembers the newest open bars of each symbol and lets them out at a bounded rate.

    What is held back goes out with a later message of any symbol, so the last state of a burst is
    shown too. In memory only: after a restart the next tick brings the bars back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._pending: dict[str, tuple[Fold, Headers]] = {}
        self._sent: dict[str, float] = {}
        self._tokens = _PER_SECOND
        self._refilled = clock()
        self._next = 0.0

    def offer(self, fold: Fold, trace: Headers) -> list[Record]:
        """Note a symbol's open bars; returns the records that are due now, of any symbol."""
        self._pending[fold.symbol] = (fold, trace)
        now = self._clock()
        if now < self._next:
            return []
        self._tokens = min(_PER_SECOND, self._tokens + (now - self._refilled) * _PER_SECOND)
        self._refilled, self._next = now, now + _PAUSE
        due: list[Record] = []
        while self._pending and self._tokens >= 1:
            symbol = next(iter(self._pending))
            if now - self._sent.get(symbol, 0.0) < _EVERY:
                break
            due += self._records(symbol, now)
        return due

    def _records(self, symbol: str, now: float) -> list[Record]:
        fold, trace = self._pending.pop(symbol)
        self._sent[symbol] = now
        bars = fold.forming()
        self._tokens -= len(bars)
        return [Record(Topic.BARS, symbol, encode(bar), trace) for bar in bars]
