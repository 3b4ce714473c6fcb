"""A real HTTP sink in a thread, with scripted answers."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

DEADLINE = 60.0


@dataclass
class Sink:
    """Answers with `statuses` in turn, the last one for ever; remembers what it got."""

    statuses: list[int] = field(default_factory=lambda: [202])
    headers: dict[str, str] = field(default_factory=dict)
    got: list[tuple[Message, bytes]] = field(default_factory=list)
    url: str = ""

    @property
    def ids(self) -> list[str]:
        return [headers["ce-id"] for headers, _ in self.got]

    def answer(self, *statuses: int) -> None:
        """Forget what it got, and answer so from now on."""
        self.statuses = list(statuses)
        self.got.clear()

    def next_status(self) -> int:
        return self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]


@contextmanager
def sinking(sink: Sink) -> Iterator[Sink]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            sink.got.append((self.headers, body))
            self.send_response(sink.next_status())
            for name, value in sink.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

    with Server(("127.0.0.1", 0), Handler) as server:
        sink.url = f"http://127.0.0.1:{server.server_port}/"
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield sink
        finally:
            server.shutdown()
            thread.join()


def wait_until(true: Callable[[], bool], what: str, seconds: float = DEADLINE) -> None:
    """Poll, with a deadline."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.01)
