"""Keep-alive clients in one process: as many requests under way as connections, and no more.

`python -m tests.bench.posting PORT CONNECTIONS SECONDS < BODY` posts the body again and again and
prints `{answers by status}` and the seconds as JSON. Raw sockets: the client must cost little, as
it shares the machine with what is measured.
"""

import json
import selectors
import socket
import sys
import time
from collections import Counter


def request(body: bytes) -> bytes:
    """What every connection sends."""
    head = (
        "POST /ingest HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def post(port: int, connections: int, seconds: float, sent: bytes) -> tuple[Counter[str], float]:
    """Answers by status, and the seconds until the last one."""
    selector = selectors.DefaultSelector()
    answers: Counter[str] = Counter()
    for _ in range(connections):
        opened = socket.create_connection(("127.0.0.1", port))
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(opened, selectors.EVENT_READ)
        opened.sendall(sent)
    begun = time.monotonic()
    stop = begun + seconds
    busy = connections
    while busy:
        for key, _ in selector.select():
            each: socket.socket = key.fileobj  # type: ignore[assignment]  # registered above
            answers[_status(each)] += 1
            if time.monotonic() < stop:
                each.sendall(sent)
            else:
                selector.unregister(each)
                each.close()
                busy -= 1
    return answers, time.monotonic() - begun


def _status(opened: socket.socket) -> str:
    """Read one answer whole."""
    got = b""
    while b"\r\n\r\n" not in got:
        portion = opened.recv(65_536)
        if not portion:
            raise ConnectionError(f"expected an answer, was the end after {got[:80]!r}")
        got += portion
    head, _, body = got.partition(b"\r\n\r\n")
    lengths = [
        line.split(b":")[1]
        for line in head.lower().split(b"\r\n")
        if line[:15] == b"content-length:"
    ]
    while len(body) < int(lengths[0]):
        body += opened.recv(65_536)
    return head.split()[1].decode()


def main() -> None:
    port, connections, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    sent = request(sys.stdin.buffer.read())
    answers, took = post(port, connections, seconds, sent)
    print(json.dumps({"answers": answers, "seconds": took}))


if __name__ == "__main__":
    main()
