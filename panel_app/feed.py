"""The state of the feed, said honestly: live, idle, stale, loading, down."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

LATE_S = 3.0
GIVEN_UP_S = 600.0
_PAUSE_S = 1.0
_REMEMBERED_S = 180.0
_LONGEST_PAUSE_S = 60.0


class FeedState(StrEnum):
    LOADING = "loading"
    """Reading what the topics already hold."""
    LIVE = "live"
    """A message came within the last 3 s, or as soon as this feed's usual pauses allow."""
    STALE = "stale"
    """3 s later than that though bars are open: something upstream may have stopped."""
    IDLE = "idle"
    """No message and none is expected: the tape is over, or the market is closed."""
    DOWN = "down"
    """Kafka does not answer."""


@dataclass(frozen=True, slots=True)
class FeedStatus:
    state: FeedState
    age: float | None
    """Seconds since the newest message was appended to its topic; None: there is none."""


class Feed:
    """What the reader notes and everybody asks; every method may be called from any thread."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._appended = 0.0
        self._connected = False
        self._caught_up = False
        self._pauses: deque[tuple[float, float]] = deque(maxlen=200)
        self.messages = 0
        self.rejected = 0

    def took(self, messages: int, rejected: int, appended: float) -> None:
        """Note a round of messages, the newest of them appended at `appended` (epoch s)."""
        with self._lock:
            self._connected = True
            self.messages += messages
            self.rejected += rejected
            pause = appended - self._appended
            if self._caught_up and self._appended and pause > _PAUSE_S:
                self._pauses.append((appended, pause))
            self._appended = max(self._appended, appended)

    def connected(self, yes: bool) -> None:
        with self._lock:
            self._connected = yes

    def caught_up(self) -> None:
        """Note that everything held by the topics at the start has been read."""
        with self._lock:
            self._caught_up = True

    def behind(self) -> None:
        """Note that the topics' past is being read, again."""
        with self._lock:
            self._caught_up = False

    @property
    def is_caught_up(self) -> bool:
        return self._caught_up

    def status(self, open_bars: int) -> FeedStatus:
        """The state now, given how many series have a forming bar."""
        with self._lock:
            now = self._clock()
            age = max(0.0, now - self._appended) if self._appended else None
            return FeedStatus(self._state(age, open_bars, now), age)

    def _state(self, age: float | None, open_bars: int, now: float) -> FeedState:
        if not self._connected:
            return FeedState.DOWN
        if not self._caught_up:
            return FeedState.LOADING
        if age is not None and age <= LATE_S + self._usual_pause(now):
            return FeedState.LIVE
        if age is not None and age < GIVEN_UP_S and open_bars:
            return FeedState.STALE
        return FeedState.IDLE

    def _usual_pause(self, now: float) -> float:
        """The second longest pause of the last minutes: a feed of candles comes once a minute,
        while a single long pause was an outage."""
        recent = sorted(p for at, p in self._pauses if now - at < _REMEMBERED_S)
        return min(recent[-2], _LONGEST_PAUSE_S) if len(recent) > 1 else 0.0
