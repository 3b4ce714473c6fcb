"""The `/data` addresses in a thread of the test's process, over a market that the test fills."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.netutil import bind_sockets
from tornado.web import Application

from panel_app.data.http import Desk
from panel_app.data.routes import data_routes
from panel_app.feed import Feed
from panel_app.history import History
from panel_app.market import Market
from panel_app.origins import Origins
from panel_app.replay_desk import Replay
from panel_app.session import Sources
from panel_app.studies import Studies
from panel_app.watchlist import Watchlist
from streams.domain.errors import ServiceError


@dataclass
class DataServer:
    """Where it listens, and what it shows."""

    client: httpx.Client
    market: Market
    history: History

    def get(self, path: str) -> Any:
        """The JSON of an answer that must be 200."""
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def problem(self, path: str) -> tuple[int, str]:
        """Status and detail of an answer that must be problem details."""
        answer = self.client.get(path)
        assert answer.headers["content-type"] == "application/problem+json"
        found = json.loads(answer.text)
        assert found["status"] == answer.status_code
        return answer.status_code, found["detail"]


@contextmanager
def data_server(home: Path, database: str | None = None) -> Iterator[DataServer]:
    """The addresses within a block; `database` is a URL, or None where there is none."""

    def address() -> str:
        if database is None:
            raise ServiceError("PostgreSQL is not running: start it")
        return database

    market = Market(Watchlist("1m", "5m"))
    history = History(address, market, "1m", "5m")
    ready, loops, ports = threading.Event(), list[IOLoop](), list[int]()
    thread = threading.Thread(target=lambda: _serve(market, history, home, (ready, loops, ports)))
    thread.start()
    try:
        assert ready.wait(30)
        url = f"http://127.0.0.1:{ports[0]}/data/"
        with httpx.Client(base_url=url, trust_env=False, timeout=30) as client:
            yield DataServer(client, market, history)
    finally:
        loops[0].add_callback(loops[0].stop)
        thread.join(30)
        history.close()
        assert not thread.is_alive()


def _serve(
    market: Market,
    history: History,
    home: Path,
    told: tuple[threading.Event, list[IOLoop], list[int]],
) -> None:
    ready, loops, ports = told
    asyncio.set_event_loop(asyncio.new_event_loop())
    loop = IOLoop.current()
    sockets = bind_sockets(0, "127.0.0.1")
    ports.append(sockets[0].getsockname()[1])
    sources = Sources(market, Feed(), history, ("1m", "5m"), "5m", Studies(market.store))
    desk = Desk(sources, history, Origins.of(ports[0], []))
    server = HTTPServer(Application(data_routes(desk, Replay(home))))
    server.add_sockets(sockets)
    loops.append(loop)
    loop.add_callback(ready.set)
    loop.start()
    server.stop()
    loop.run_sync(server.close_all_connections)
    desk.pool.shutdown()
    loop.close()
