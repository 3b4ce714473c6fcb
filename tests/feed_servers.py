"""Local servers that speak as providers of market data do: frames and answers from a script."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_WR
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

from streams.apps.feed.request import FeedCounts
from streams.domain.context_event import ContextEvent
from streams.domain.dead_letter import DeadLetter

Talk = Callable[[ServerConnection], None]


@dataclass
class Kept:
    """A sink that keeps what it is given."""

    values: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    events: list[ContextEvent] = field(default_factory=list)
    letters: list[DeadLetter] = field(default_factory=list)

    def ticks(self, symbol: str, value: bytes) -> None:
        self.values.append((symbol, json.loads(value)))

    def context(self, event: ContextEvent) -> None:
        self.events.append(event)

    def reject(self, letter: DeadLetter) -> None:
        self.letters.append(letter)

    def finish(self) -> bool:
        return True

    def rows(self) -> list[tuple[str, int, float, float | None]]:
        """(symbol, ts, price, size) in the order of arrival, batch by batch."""
        return [
            (symbol, ts, price, size)
            for symbol, value in self.values
            for ts, price, size in zip(
                value["ts"],
                value["price"],
                value.get("size") or [None] * len(value["ts"]),
                strict=True,
            )
        ]


class Until:
    """A feed's report that stops it a while after it has had enough, so that more would show."""

    def __init__(self, enough: Callable[[FeedCounts], bool], linger_s: float = 0.3) -> None:
        self.stop = threading.Event()
        self._enough, self._linger_s = enough, linger_s
        self._since: float | None = None

    def __call__(self, counts: FeedCounts) -> None:
        if self._since is None and self._enough(counts):
            self._since = time.monotonic()
        if self._since is not None and time.monotonic() - self._since >= self._linger_s:
            self.stop.set()


def never(_counts: FeedCounts) -> bool:
    """A limit of the request ends it."""
    return False


@contextmanager
def socket_server(*talks: Talk) -> Iterator[tuple[str, list[str]]]:
    """(URL, paths asked for): each connection is talked to by the next of `talks`.

    A talk that returns ends its connection without a close frame, as a lost one does; the last
    one's, and those after it, stay open and silent.
    """
    paths: list[str] = []
    left = list(talks)
    over = threading.Event()

    def handle(socket: ServerConnection) -> None:
        assert socket.request is not None
        paths.append(socket.request.path)
        talk = left.pop(0) if left else None
        last = not left
        try:
            if talk is not None:
                talk(socket)
        except ConnectionClosed:
            return
        if last:
            over.wait(60)
        socket.socket.shutdown(SHUT_WR)

    with serve(handle, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"ws://127.0.0.1:{_port(server)}", paths
        finally:
            over.set()
            server.shutdown()
            thread.join(30)


def _port(server: Server) -> int:
    port: int = server.socket.getsockname()[1]
    return port


@dataclass(frozen=True)
class Answer:
    """One HTTP answer."""

    body: Any
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


@dataclass
class Asked:
    """One HTTP request as it came."""

    path: str
    parameters: dict[str, str]
    headers: dict[str, str]
    body: bytes = b""


@contextmanager
def http_server(answer: Callable[[Asked, int], Answer]) -> Iterator[tuple[str, list[Asked]]]:
    """(URL, requests so far): `answer` is given each request and its number from 0."""
    asked: list[Asked] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            split = urlsplit(self.path)
            sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            request = Asked(split.path, dict(parse_qsl(split.query)), dict(self.headers), sent)
            asked.append(request)
            told = answer(request, len(asked) - 1)
            body = told.body if isinstance(told.body, bytes) else json.dumps(told.body).encode()
            self.send_response(told.status)
            for name, value in (*told.headers, ("Content-Length", str(len(body)))):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing on standard error."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join(30)
