"""The bars of one symbol and interval, as compact columns that number their rows for good."""

from array import array
from bisect import bisect_left
from dataclasses import dataclass
from math import nan

Row = tuple[float, ...]
"""Open, high, low, close, volume, vwap, trades, ema38, ema100; an EMA not known yet is NaN."""

Held = tuple[int, Row, bool]
"""Start, row and finality of a bar."""

WIDTH = 9
MARKERS = 1_000
_EMAS = 7


@dataclass(frozen=True, slots=True)
class Marker:
    """A signal to draw at the bar that raised it."""

    start: int
    kind: str
    side: str
    price: float
    strength: float
    warm: bool
    reason: str


class Series:
    """At most `cap` bars in order of time, 97 bytes each.

    A bar keeps its number while it is held: `base` is the number of the oldest. `version` grows
    with every change, `epoch` when numbers shift and a reader has to start over.
    """

    __slots__ = ("base", "epoch", "finals", "markers", "marks", "rows", "starts", "version", "when")

    def __init__(self) -> None:
        self.starts = array("q")
        self.rows = array("d")
        self.when = array("Q")
        self.finals = bytearray()
        self.base = 0
        self.version = 0
        self.epoch = 0
        self.markers: dict[tuple[int, str], Marker] = {}
        self.marks = 0

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def forming(self) -> bool:
        """Is the newest bar still open?"""
        return bool(self.finals) and not self.finals[-1]

    def put(self, start: int, ohlc: Row, final: bool) -> None:
        """Add or update a bar by its start; a final bar is never undone by a forming one."""
        at = self._find(start)
        if at == len(self.starts):
            self._insert(at, start, ohlc, final)
        elif self.starts[at] != start:
            self._insert(at, start, ohlc, final)
            self.epoch += 1
            self.base -= at == 0
        elif final or not self.finals[at]:
            self.version += 1
            self.rows[at * WIDTH : at * WIDTH + _EMAS] = array("d", ohlc)
            self.finals[at] = final
            self.when[at] = self.version

    def put_emas(self, start: int, ema38: float, ema100: float) -> None:
        """Set the averages of a bar that is held; of any other they are of no use."""
        at = self._find(start)
        if at < len(self.starts) and self.starts[at] == start:
            self.version += 1
            self.rows[at * WIDTH + _EMAS : (at + 1) * WIDTH] = array("d", (ema38, ema100))
            self.when[at] = self.version

    def put_marker(self, marker: Marker) -> None:
        """Remember a signal by its bar and kind."""
        self.markers[marker.start, marker.kind] = marker
        if len(self.markers) > MARKERS:
            del self.markers[min(self.markers)]
        self.version += 1
        self.marks = self.version

    def trim(self, cap: int) -> int:
        """Forget the oldest bars beyond `cap` and what marks them; how many."""
        excess = len(self.starts) - cap
        if excess <= 0:
            return 0
        del self.starts[:excess], self.when[:excess], self.finals[:excess]
        del self.rows[: excess * WIDTH]
        self.base += excess
        oldest = self.starts[0]
        self.markers = {key: mark for key, mark in self.markers.items() if key[0] >= oldest}
        return excess

    def changed(self, since: int) -> list[int]:
        """Positions of the bars that changed after a version."""
        if since == self.version:
            return []
        return [at for at, when in enumerate(self.when) if when > since]

    def held(self, at: int) -> Held:
        """The bar at a position."""
        row = tuple(self.rows[at * WIDTH : (at + 1) * WIDTH])
        return self.starts[at], row, bool(self.finals[at])

    def _find(self, start: int) -> int:
        starts = self.starts
        if not starts or start > starts[-1]:
            return len(starts)
        if start == starts[-1]:
            return len(starts) - 1
        return bisect_left(starts, start)

    def _insert(self, at: int, start: int, ohlc: Row, final: bool) -> None:
        self.version += 1
        self.starts.insert(at, start)
        self.rows[at * WIDTH : at * WIDTH] = array("d", (*ohlc, nan, nan))
        self.when.insert(at, self.version)
        self.finals.insert(at, final)
