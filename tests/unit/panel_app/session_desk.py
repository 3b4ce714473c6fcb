"""A session without a browser: what it is asked, and what it sends."""

import json
from dataclasses import dataclass, field
from typing import Any

from panel_app.feed import Feed
from panel_app.market import Market, Origin
from panel_app.session import Looks, Session, Sources
from panel_app.store import Key, Store
from panel_app.studies import Studies
from panel_app.watchlist import Watchlist
from streams.domain.bar import Bar
from streams.domain.signal import Side, Signal

LIVE = Origin(live=True)


def signal(minute: int) -> Signal:
    end = (minute + 1) * 60_000
    return Signal(f"id{minute}", end, "AAPL", "1m", "breakout", Side.BUY, 2.0, 0.1, True, "why")


def bar(symbol: str, minute: int, final: bool = True) -> Bar:
    start = minute * 60_000
    return Bar(symbol, "1m", start, start + 60_000, 1.0, 3.0, 0.5, 2.0, 5.0, 1.5, 3, start, final)


class Loads:
    def __init__(self) -> None:
        self.keys: list[Key] = []

    def load(self, key: Key) -> None:
        self.keys.append(key)


@dataclass
class Desk:
    """A session with everything around it in memory."""

    market: Market = field(default_factory=lambda: Market(Watchlist("1m", "5m")))
    history: Loads = field(default_factory=Loads)
    sent: list[dict[str, Any]] = field(default_factory=list)
    now: float = 0.0

    @property
    def store(self) -> Store:
        return self.market.store

    def session(self, system: Looks | None = None, replay: Looks | None = None) -> Session:
        self.sources = Sources(
            self.market, Feed(), self.history, ("1m", "5m"), "1m", Studies(self.store),
            system, replay, now=lambda: 10.0,
        )  # fmt: skip
        send = self.sent.append
        return Session(lambda text: send(json.loads(text)), self.sources, lambda: self.now)
