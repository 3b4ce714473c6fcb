"""`functions.ingest` under keep-alive clients: single ticks against an empty handler, and arrays.

Both handlers run under the manifest's gunicorn settings and answer the same client; their rounds
alternate, as the machine is shared. Nothing counts that is not in the topic afterwards.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import httpx
import psutil

from streams.adapters.messages import decode_ticks
from streams.adapters.offsets import TopicReader
from streams.apps.serve.reading import read_manifests
from tests.bench.services import kafka
from tests.bench.table import Row
from tests.gunicorns import Gunicorn, gunicorn
from tests.waiting import wait_for

EMPTY = "tests.bench.empty:app"
INGEST = "functions.ingest:create_app()"
JSON = {"Content-Type": "application/json"}
ROUNDS = 5
SECONDS = 4.0
ARRAY = 1_000
ARRAY_CONNECTIONS = 8
SYMBOLS = 20
GOAL = 0.6
TICKS_GOAL = 100_000


@dataclass(frozen=True, slots=True)
class Round:
    """Answers with 200 a second, how many there were, and microseconds of CPU for each."""

    rate: float
    count: int
    cpu: float


def measure(home: Path) -> Iterator[Row]:
    """Requests a second and their ratio; ticks a second by arrays; what was lost."""
    threads = _threads()
    with kafka(home) as address:
        settings = {"KAFKA_BOOTSTRAP_SERVERS": address, "TAPEDECK_HOME": str(home)}
        with gunicorn(EMPTY, threads, {}) as empty, gunicorn(INGEST, threads, settings) as ingest:
            wait_for(lambda: _connected(ingest.url), "Kafka to take a tick", 120)
            before = _stored(address)
            rounds = [
                (_post(empty, threads, _tick()), _post(ingest, threads, _tick()))
                for _ in range(ROUNDS)
            ]
            arrays = _post(ingest, ARRAY_CONNECTIONS, _array())
        posted = sum(of_ingest.count for _, of_ingest in rounds) + arrays.count * ARRAY
        stored = _stored(address) - before
    yield from _singles(threads, rounds)
    yield Row(
        f"arrays of {ARRAY:,} ticks, {SYMBOLS} symbols (goal {TICKS_GOAL:,})",
        f"{arrays.rate * ARRAY:,.0f} ticks/s",
        f"{arrays.rate * ARRAY / TICKS_GOAL:.1f}x",
    )
    yield Row("ticks answered with 200, not in the topic", f"{posted - stored:,}", "")


def _connected(url: str) -> bool:
    """Whether a tick is taken: the first one waits for a connection and for new topics."""
    return httpx.post(f"{url}/ingest", content=_tick(), headers=JSON, timeout=60).is_success


def _singles(threads: int, rounds: list[tuple[Round, Round]]) -> Iterator[Row]:
    empty, ingest = zip(*rounds, strict=True)
    yield Row(
        f"empty handler, {threads} threads and clients",
        f"{median(r.rate for r in empty):,.0f} requests/s",
        "",
    )
    yield Row(
        f"POST /ingest, one tick each (goal {GOAL:.0%})",
        f"{median(r.rate for r in ingest):,.0f} requests/s",
        f"{median(i.rate / e.rate for e, i in rounds):.2f}",
    )
    yield Row(
        "the function's CPU a request, empty and ingest",
        f"{median(r.cpu for r in empty):,.0f}, {median(r.cpu for r in ingest):,.0f} us",
        f"{median(e.cpu / i.cpu for e, i in rounds):.2f}",
    )


def _threads() -> int:
    return read_manifests().services["ingest"].concurrency


def _post(to: Gunicorn, connections: int, body: bytes) -> Round:
    """One round against one function; raises when there are other answers than 200."""
    command = [sys.executable, "-m", "tests.bench.posting", str(to.port), str(connections)]
    worker = psutil.Process(to.worker())
    before = worker.cpu_times()
    done = subprocess.run([*command, str(SECONDS)], input=body, capture_output=True, check=True)
    after = worker.cpu_times()
    told = json.loads(done.stdout)
    if told["answers"].keys() != {"200"}:
        raise RuntimeError(f"expected only 200, was {told['answers']}")
    count: int = told["answers"]["200"]
    spent = after.user + after.system - before.user - before.system
    return Round(count / told["seconds"], count, spent / count * 1e6)


def _tick() -> bytes:
    now = time.time_ns() // 1_000_000
    return json.dumps({"symbol": "ACME", "ts": now, "price": 101.25, "size": 300}).encode()


def _array() -> bytes:
    now = time.time_ns() // 1_000_000
    return json.dumps(
        [
            {"symbol": f"S{n % SYMBOLS}", "ts": now + n, "price": 100 + n / 64, "size": n}
            for n in range(ARRAY)
        ]
    ).encode()


def _stored(address: str) -> int:
    """The ticks in the topic."""
    reader = TopicReader(address)
    ends = reader.ends("ticks")
    messages = reader.read("ticks", dict.fromkeys(ends, 0), ends)
    count = sum(len(decode_ticks(message.value()).ts) for message in messages)
    reader.close()
    return count
