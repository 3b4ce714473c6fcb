"""The public WebSocket in a thread of the test's process, over a market that the test fills."""

import asyncio
import json
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop, PeriodicCallback
from tornado.netutil import bind_sockets
from tornado.routing import Rule
from tornado.web import Application
from websockets.sync.client import ClientConnection, connect

from panel_app.feed import Feed
from panel_app.market import Market, Origin
from panel_app.origins import Origins
from panel_app.public.client import Limits
from panel_app.public.hub import Hub
from panel_app.public.socket import FeedPath, FeedSocket
from panel_app.session import Sources
from panel_app.studies import Studies
from panel_app.watchlist import Watchlist
from streams.domain.bar import Bar
from streams.domain.indicator_row import IndicatorRow
from streams.domain.signal import Side, Signal, signal_id

LIVE = Origin(live=True)
MINUTE = 60_000
QUICK = Limits(updates_per_second=50, heartbeat_seconds=0.1)


def bar(symbol: str, minute: int, close: float = 2.0, *, final: bool = True) -> Bar:
    start = minute * MINUTE
    return Bar(
        symbol, "1m", start, start + MINUTE, 1.0, 3.0 + close, 0.5, close, 5.0, 1.5, 3, start, final
    )


def indicators(symbol: str, minute: int, value: float) -> IndicatorRow:
    at = bar(symbol, minute, value)
    return IndicatorRow(
        at.symbol, at.interval, at.start, at.end, at.open, at.high, at.low, at.close, at.volume,
        at.vwap, at.trades, True, {"ema38": value},
    )  # fmt: skip


def signal(symbol: str, minute: int) -> Signal:
    start = minute * MINUTE
    return Signal(
        signal_id(symbol, "1m", start, "breakout"), start + MINUTE, symbol, "1m", "breakout",
        Side.BUY, 2.0, 0.1, True, "why",
    )  # fmt: skip


@dataclass
class PublicFeed:
    """A running server; `market` may be written to from the test's thread."""

    limits: Limits
    token: str | None = None
    market: Market = field(default_factory=lambda: Market(Watchlist("1m", "5m")))
    port: int = 0
    hub: Hub | None = None
    log: list[logging.LogRecord] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws"

    def connect(self, query: str = "", **options: Any) -> AbstractContextManager[ClientConnection]:
        # The library stops reading, the close included, when so many messages are not taken.
        options = {"max_queue": None} | options
        client: AbstractContextManager[ClientConnection]
        client = connect(self.url + query, proxy=None, **options)
        return client

    @contextmanager
    def subscriber(self, **request: Any) -> Iterator[ClientConnection]:
        """A client that is past hello and the answer to its subscription."""
        with self.connect() as client:
            assert take(client)["type"] == "hello"
            say(client, type="subscribe", **request)
            assert take(client)["type"] == "subscribed"
            yield client

    def said(self) -> list[str]:
        """Its warnings and errors, tracebacks included."""
        return [logging.Formatter().format(record) for record in self.log]


def say(client: ClientConnection, **message: Any) -> None:
    client.send(json.dumps(message))


def take(client: ClientConnection, *, heartbeats: bool = False) -> dict[str, Any]:
    """The next message."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        message: dict[str, Any] = json.loads(client.recv(timeout=30))
        if heartbeats or message["type"] != "heartbeat":
            return message
    raise AssertionError("only heartbeats came")


@contextmanager
def public_feed(limits: Limits, token: str | None = None, origin: str = "") -> Iterator[PublicFeed]:
    """The server within a block; what it logs as a warning or worse is in `log`."""
    feed = PublicFeed(limits, token)
    ready, loops = threading.Event(), list[IOLoop]()
    handler = _Collect(feed.log)
    logging.getLogger().addHandler(handler)
    thread = threading.Thread(target=lambda: _serve(feed, origin, ready, loops))
    thread.start()
    try:
        assert ready.wait(30)
        yield feed
    finally:
        loops[0].add_callback(loops[0].stop)
        thread.join(30)
        logging.getLogger().removeHandler(handler)
        assert not thread.is_alive()


class _Collect(logging.Handler):
    def __init__(self, records: list[logging.LogRecord]) -> None:
        super().__init__(logging.WARNING)
        self._records = records

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith("tornado.access"):
            self._records.append(record)


async def _ends() -> None:
    """Until every connection is closed, as the end of a process would have it."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if others:
        await asyncio.wait(others, timeout=20)


def _serve(feed: PublicFeed, origin: str, ready: threading.Event, loops: list[IOLoop]) -> None:
    asyncio.set_event_loop(asyncio.new_event_loop())
    loop = IOLoop.current()
    sources = Sources(feed.market, Feed(), None, ("1m", "5m"), "1m", Studies(feed.market.store))
    feed.hub = Hub(sources, feed.limits, loop.add_callback)
    sockets = bind_sockets(0, "127.0.0.1")
    feed.port = sockets[0].getsockname()[1]
    options = {
        "hub": feed.hub,
        "origins": Origins.of(feed.port, [origin] if origin else []),
        "token": feed.token,
        "clock": time.monotonic,
    }
    server = HTTPServer(Application([Rule(FeedPath(), FeedSocket, options)]))
    server.add_sockets(sockets)
    rounds = PeriodicCallback(feed.hub.round, 1_000 / feed.limits.updates_per_second)
    rounds.start()
    loops.append(loop)
    loop.add_callback(ready.set)
    loop.start()
    rounds.stop()
    feed.hub.close()
    loop.run_sync(_ends)
    server.stop()
    loop.run_sync(server.close_all_connections)
    loop.close()
