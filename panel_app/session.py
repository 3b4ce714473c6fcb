"""One browser's view: it pulls what it misses, four times a second; `panel_app.protocol`."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from panel_app.cursor import Cursor, Loads
from panel_app.feed import Feed
from panel_app.lists import ListsReader
from panel_app.market import Market
from panel_app.meters import Latencies
from panel_app.protocol import FASTEST, MOST_GRID, SLOWEST, Ask, encode_frame, read_ask
from panel_app.store import Key
from panel_app.studies import Studies
from streams.domain.tick import MAX_SYMBOL

PULL_MS = 250
_HEARTBEAT_S = 1.0
_GRID_BARS = 120
_EARLY_S = 0.05  # a callback that comes a little early is on time


class Looks(Protocol):
    """Something that is looked at now and then; asking for it keeps it fresh."""

    def look(self) -> dict[str, Any] | None: ...


@dataclass(frozen=True)
class Sources:
    """What all sessions of a process share."""

    market: Market
    feed: Feed
    history: Loads | None
    intervals: tuple[str, ...]
    interval: str
    """The one shown when the browser asks for none."""
    studies: Studies
    system: Looks | None = None
    replay: Looks | None = None
    sent: Latencies = field(default_factory=Latencies)
    """From a tick's sending at its source to the frame with it."""
    now: Callable[[], float] = time.time


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
        self._chart: Cursor | None = None
        self._grid: dict[str, Cursor] = {}
        self._next_beat = self._next_news = 0.0
        self._number = 0
        self._forget()

    def ask(self, text: str) -> None:
        """Take a request of the browser; one that cannot be read asks for the default."""
        asked = read_ask(text)
        self._asked = asked
        if not asked.keep:
            self._forget()
        self._point(asked)
        self._next_beat = self._next_news = 0.0  # it is answered at once, with news or without
        self.pull()

    def pull(self) -> None:
        """Send what is new, if anything is or a heartbeat is due."""
        asked = self._asked
        if asked is None:
            return
        now = self._clock()
        news: dict[str, Any] = {}
        if now >= self._next_news:
            if self._chart is None:
                self._point(asked)
            news = self._news(asked)
            if asked.rate > FASTEST:
                self._next_news = now + min(asked.rate, SLOWEST) - _EARLY_S
        if news or now >= self._next_beat:
            self._next_beat = now + _HEARTBEAT_S
            self._send(news)

    def close(self) -> None:
        """Let go of everything."""
        self._asked = None
        self._point(Ask(parts=[]))

    def _forget(self) -> None:
        """The page has nothing."""
        self._symbols = -1
        self._lists = ListsReader(self._from.market)
        for cursor in (self._chart, *self._grid.values()):
            if cursor is not None:
                cursor.restart()

    def _point(self, asked: Ask) -> None:
        """Hold the series that are asked for, and no others."""
        wanted = self._choose(asked) if "chart" in asked.parts else None
        if self._chart is not None and self._chart.key != wanted:
            self._chart.close()
            self._chart = None
        if wanted is not None:
            self._chart = self._chart or self._open(wanted)
            self._chart.study(asked.studies)
        grid = {name[:MAX_SYMBOL] for name in asked.grid[:MOST_GRID]}
        interval = self._interval(asked)
        for name, cursor in list(self._grid.items()):
            if name not in grid or cursor.key.interval != interval:
                self._grid.pop(name).close()
        for name in grid - self._grid.keys():
            self._grid[name] = self._open(Key(name, interval), _GRID_BARS)

    def _open(self, key: Key, depth: int = 0) -> Cursor:
        sources = self._from
        return Cursor(key, sources.market.store, sources.studies, sources.history, depth)

    def _interval(self, asked: Ask) -> str:
        return asked.interval if asked.interval in self._from.intervals else self._from.interval

    def _choose(self, asked: Ask) -> Key | None:
        store = self._from.market.store
        symbol = asked.symbol[:MAX_SYMBOL] or next(iter(store.symbols(-1) or ()), "")
        return Key(symbol, self._interval(asked)) if symbol else None

    def _news(self, asked: Ask) -> dict[str, Any]:
        market, parts = self._from.market, asked.parts
        news: dict[str, Any] = {}
        if self._chart is not None and (change := self._chart.news()) is not None:
            news["change"] = change
        if grid := {name: c for name, cursor in self._grid.items() if (c := cursor.news())}:
            news["grid"] = grid
        symbols = market.store.symbols(self._symbols)
        if symbols is not None:
            self._symbols = len(symbols)
            news |= {"symbols": symbols, "intervals": self._from.intervals}
        if "watchlist" in parts:
            news |= self._lists.watchlist(asked.sparks)
        if "alerts" in parts:
            news |= self._lists.alerts()
        for part, source in (("system", self._from.system), ("replay", self._from.replay)):
            if part in parts and source is not None:
                news |= self._lists.changed(part, source.look())
        return news

    def _send(self, news: dict[str, Any]) -> None:
        self._number += 1
        now = self._from.now() * 1_000
        frame: dict[str, Any] = {"number": self._number, "time": int(now), "feed": self._feed()}
        if self._chart is not None:
            frame |= {"symbol": self._chart.key.symbol, "interval": self._chart.key.interval}
        change = news.get("change", {})
        if change.get("produced") is not None and not change["whole"]:
            self._from.sent.add(now - change["produced"])
        self._deliver(encode_frame(frame | news))

    def _feed(self) -> dict[str, Any]:
        store = self._from.market.store
        status = self._from.feed.status(store.open)
        return {
            "state": status.state,
            "age": None if status.age is None else round(status.age, 1),
            "tick": store.last_tick,
            "open": store.open,
            "messages": self._from.feed.messages,
        }
