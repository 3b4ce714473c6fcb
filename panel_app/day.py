"""One symbol's day, as a row of the watchlist: last, change, volume, sparkline, RSI."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from streams.domain.bar import Bar
from streams.domain.indicators.rsi import Rsi
from streams.domain.interval import DAY_MS

POINTS = 60
_REMEMBERED = 8
_RSI = Rsi()


@dataclass(frozen=True, slots=True)
class DaySeed:
    """A symbol's newest day as the archive has it: final bars up to the one that starts at `until`.

    `closes` are every `stride`-th close of the day from its first on; `rsi_closes` the last ones of
    the signals' interval, the newest of which starts at `rsi_until`. `call` is the side of the
    newest recommendation, made at `called` (epoch ms).
    """

    open: float
    previous: float | None
    until: int
    volume: float
    last: float
    closes: Sequence[float]
    stride: int
    bars: int
    rsi_closes: Sequence[float]
    rsi_until: int
    call: str | None = None
    called: int = -1


@dataclass(slots=True)
class Spark:
    """At most 60 closes of a day, evenly spread: when there are more, every other one goes."""

    points: list[float] = field(default_factory=list)
    stride: int = 1
    bars: int = 0

    def add(self, close: float) -> None:
        if self.bars % self.stride == 0:
            self.points.append(close)
        self.bars += 1
        if len(self.points) >= POINTS:
            self.points = self.points[::2]
            self.stride *= 2


@dataclass(slots=True)
class Strength:
    """RSI of the closes of one interval, up to the forming bar."""

    state: list[float] | None = None
    until: int = -1
    value: float | None = None

    def put(self, bar: Bar) -> None:
        if bar.start <= self.until:
            return
        state, named = _RSI.step(self.state, bar)
        self.value = named.get(_RSI.name, self.value)
        if bar.final:
            self.state, self.until = state, bar.start


class _Recent:
    """The newest bars by start, each as it was last: what an archive may not have yet."""

    __slots__ = ("bars",)

    def __init__(self) -> None:
        self.bars: deque[Bar] = deque(maxlen=_REMEMBERED)

    def add(self, bar: Bar) -> None:
        if self.bars and self.bars[-1].start == bar.start:
            self.bars[-1] = bar
        else:
            self.bars.append(bar)

    def reaches(self, until: int) -> bool:
        """Is every bar after this start here?"""
        return len(self.bars) < _REMEMBERED or min(bar.start for bar in self.bars) <= until


class DayRow:
    """Takes a symbol's bars of the shortest interval, and those of the signals' interval."""

    __slots__ = (
        "_at", "_day", "_forming", "_recent", "_recent_rsi", "_strength", "_until", "_volume",
        "call", "called", "last", "open", "previous", "spark",
    )  # fmt: skip

    def __init__(self) -> None:
        self._day = self._until = self._at = -1
        self._volume = self._forming = 0.0
        self._strength = Strength()
        self._recent: _Recent | None = _Recent()
        self._recent_rsi: _Recent | None = _Recent()
        self.open = self.last = 0.0
        self.previous: float | None = None
        self.spark = Spark()
        self.call: str | None = None
        self.called = -1

    @property
    def seeded(self) -> bool:
        """Has the archive's part come?"""
        return self._recent is None

    @property
    def volume(self) -> float:
        """Of the UTC day."""
        return self._volume + self._forming

    @property
    def change(self) -> float | None:
        """Percent against the last close of the day before, or the day's open."""
        base = self.open if self.previous is None else self.previous
        return round(100 * (self.last / base - 1), 4) if base else None

    @property
    def rsi(self) -> float | None:
        return None if self._strength.value is None else round(self._strength.value, 2)

    def put(self, bar: Bar) -> None:
        """A bar of the shortest interval; one not after the newest final one is known already."""
        if self._recent is not None:
            self._recent.add(bar)
        if bar.start <= self._until:
            return
        if bar.start // DAY_MS > self._day:
            self._begin(bar)
        if bar.final:
            self._until = bar.start
            self._volume += bar.volume
            self.spark.add(bar.close)
        if bar.start >= self._at:
            self._at, self.last = bar.start, bar.close
            self._forming = 0.0 if bar.final else bar.volume

    def put_strength(self, bar: Bar) -> None:
        """A bar of the signals' interval."""
        if self._recent_rsi is not None:
            self._recent_rsi.add(bar)
        self._strength.put(bar)

    def put_call(self, side: str, time: int) -> None:
        """A recommendation of the signals' interval; one older than the newest is known already."""
        if time >= self.called:
            self.call, self.called = side, time

    def seed(self, seed: DaySeed) -> bool:
        """Put what the archive has below what came since; once.

        False: the archive is so far behind that bars between are unknown; try again later.
        """
        if self._recent is None or self._recent_rsi is None:
            return True
        if not self._recent.reaches(seed.until):
            return False
        recent, strength = self._recent.bars, self._recent_rsi.bars
        self._recent = self._recent_rsi = None
        self._take(seed)
        if seed.call is not None:
            self.put_call(seed.call, seed.called)
        for bar in recent:
            self.put(bar)
        for bar in strength:
            self._strength.put(bar)
        return True

    def _begin(self, bar: Bar) -> None:
        """The first bar of a day."""
        self.previous = self.last if self._day >= 0 else None
        self._day = bar.start // DAY_MS
        self.open = bar.open
        self._volume = self._forming = 0.0
        self.spark = Spark()

    def _take(self, seed: DaySeed) -> None:
        self._day = seed.until // DAY_MS
        self._until = self._at = seed.until
        self._volume, self._forming = seed.volume, 0.0
        self.open, self.previous, self.last = seed.open, seed.previous, seed.last
        self.spark = Spark(list(seed.closes), seed.stride, seed.bars)
        self._strength = Strength()
        for close in seed.rsi_closes:
            self._strength.put(Bar("", "", 0, 0, close, close, close, close, 0.0, close, 0, 0))
            self._strength.until = -1
        self._strength.until = seed.rsi_until
