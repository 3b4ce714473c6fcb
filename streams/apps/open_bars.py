"""Which symbols' bars have ended on a tape's clock, so that a heartbeat may close them.

    ticks of S     x  x                      (next tick of S: 09:07)
    5m bar         [09:00        09:05)
    clock          ....................|     heartbeat to S, once, clock 09:05

A heartbeat's clock is never after the smallest time of its symbol that is still to come, so it
cannot make a tick late.
"""

from collections.abc import Iterable

import numpy as np

from streams.adapters.tape.rows import Codes, Ints

NEVER = np.iinfo(np.int64).max
_NONE = np.iinfo(np.int64).min


class OpenBars:
    """The largest time sent of each symbol, and up to when its bars were closed."""

    def __init__(self, lengths_ms: Iterable[int], grace_ms: int) -> None:
        self._lengths = np.array(sorted(lengths_ms), np.int64)
        self._grace = grace_ms
        self.last: Ints = np.zeros(0, np.int64)
        self._closed: Ints = np.zeros(0, np.int64)

    def add(self, codes: Codes, ts: Ints, symbols: int) -> None:
        """Ticks were sent; `symbols` is how many symbols there are by now."""
        fresh = np.full(symbols - len(self.last), _NONE, np.int64)
        self.last = np.concatenate([self.last, fresh])
        self._closed = np.concatenate([self._closed, fresh])
        np.maximum.at(self.last, codes, ts)

    def seen(self) -> list[int]:
        """The symbols that had a tick."""
        return [int(code) for code in np.flatnonzero(self.last != _NONE)]

    def next_end(self) -> Ints:
        """When each symbol's next bar may close; NEVER where none is open."""
        ends = (self.last[:, None] // self._lengths + 1) * self._lengths + self._grace
        ends = np.where(ends > self._closed[:, None], ends, NEVER)
        soonest = ends.min(axis=1) if len(ends) else np.zeros(0, np.int64)
        return np.where(self.last == _NONE, NEVER, soonest)

    def due(self, clock: int, coming: Ints | None = None) -> list[tuple[int, int]]:
        """(symbol, heartbeat clock) of the bars that have ended; they count as closed from now."""
        known = len(self.last)
        clocks = np.full(known, clock, np.int64)
        if coming is not None:
            clocks = np.minimum(clocks, coming[:known])
        ended = clocks >= self.next_end()
        self._closed[ended] = clocks[ended]
        codes = np.flatnonzero(ended)
        return list(zip(codes.tolist(), clocks[ended].tolist(), strict=True))
