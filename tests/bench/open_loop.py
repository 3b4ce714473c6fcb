"""Requests at a fixed rate, whatever the answers do: a late answer delays none that is due.

Latency counts from when a request was due, not from when a connection was free to send it, so that
a server that stalls cannot hide it ("coordinated omission").
"""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Load:
    """What a run of requests was like; `latencies` and `late` are sorted seconds.

    `late` is by how much this process woke up too late to send: what the machine itself adds.
    """

    statuses: Counter[int]
    latencies: list[float]
    late: list[float]
    seconds: float

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        return percentile(self.latencies, share)


def percentile(values: Sequence[float], share: float) -> float:
    """Of sorted values."""
    return values[min(len(values) - 1, int(share * len(values)))]


class _Connection:
    """One keep-alive connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def ask(self, request: bytes) -> int:
        """The status of the answer, which is read whole."""
        self._writer.write(request)
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
        await self._reader.readexactly(int(length))
        return int(head[9:12])

    async def close(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()


def get(target: str) -> bytes:
    """A request for a page."""
    return f"GET {target} HTTP/1.1\r\nHost: bench\r\n\r\n".encode()


def send(
    port: int, requests: Sequence[bytes], rate: float, seconds: float, connections: int
) -> Load:
    """Send the requests in turn to 127.0.0.1, at `rate` a second."""
    return asyncio.run(_send(port, requests, rate, seconds, connections))


async def _send(
    port: int, requests: Sequence[bytes], rate: float, seconds: float, connections: int
) -> Load:
    free: asyncio.LifoQueue[_Connection] = asyncio.LifoQueue()
    for _ in range(connections):
        opened = _Connection(*await asyncio.open_connection("127.0.0.1", port))
        # A thread of gunicorn waits for the first request of a connection; used ones cost none.
        await opened.ask(requests[0])
        free.put_nowait(opened)
    statuses: Counter[int] = Counter()
    latencies: list[float] = []
    late: list[float] = []

    async def ask(request: bytes, due: float) -> None:
        connection = await free.get()
        statuses[await connection.ask(request)] += 1
        latencies.append(time.perf_counter() - due)
        free.put_nowait(connection)

    began = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for n in range(int(rate * seconds)):
            due = began + n / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            late.append(time.perf_counter() - due)
            tasks.create_task(ask(requests[n % len(requests)], due))
    took = time.perf_counter() - began
    while not free.empty():
        await free.get_nowait().close()
    return Load(statuses, sorted(latencies), sorted(late), took)
