"""The widely copied generator's five requests, 1,000 a second for 30 s: answered, and stored.

`functions.ingest` runs under the manifest's gunicorn settings; then `run bars signals archive` work
off what it has put into Kafka, and every request is looked for in PostgreSQL.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from sqlalchemy import text

from streams.adapters.database import upgrade
from streams.adapters.database.engine import connect_engine
from streams.adapters.services import down, up
from streams.apps.serve.reading import read_manifests
from tests.bench.open_loop import Load, send
from tests.bench.posting import request
from tests.bench.table import Row
from tests.embedded import strange_ports
from tests.fakes import settings
from tests.generator_shapes import body, shapes
from tests.gunicorns import gunicorn
from tests.waiting import wait_for

RATE, SECONDS, CONNECTIONS = 1_000, 30.0, 64
_COUNT = "SELECT (SELECT sum(cardinality(ts)) FROM tick_batches), (SELECT count(*) FROM context)"


def measure(home: Path) -> Iterator[Row]:
    """Answers by status, latency, and what of it is in the tables."""
    strange_ports(home)
    chosen = settings(TAPEDECK_HOME=home)
    threads = read_manifests().services["ingest"].concurrency
    try:
        found = up(chosen)
        upgrade(str(found.database))
        env = {
            "KAFKA_BOOTSTRAP_SERVERS": str(found.kafka),
            "DATABASE_URL": str(found.database),
            "TAPEDECK_HOME": str(home),
        }
        with gunicorn("functions.ingest:create_app()", threads, env) as ingest:
            requests = _requests(int(RATE * SECONDS) + 1)
            send(ingest.port, requests[-1:], 1, 1, 1)  # makes the topics
            load = send(ingest.port, requests[:-1], RATE, SECONDS, CONNECTIONS)
        sent = len(requests)
        with _pipelines(env):
            began = time.monotonic()
            stored = _stored(str(found.database), sent)
            took = time.monotonic() - began
    finally:
        down(chosen)
    yield from _rows(load, stored, sent, took)


def _requests(count: int) -> list[bytes]:
    """Each with a time of its own, so that none is taken for another."""
    begun = time.time() - count / RATE
    made = islice(shapes(begun), count)
    return [
        request(body({**shape, "timestamp": begun + number / RATE}))
        for number, shape in enumerate(made)
    ]


@contextmanager
def _pipelines(env: dict[str, str]) -> Iterator[None]:
    command = [sys.executable, "-m", "streams.cli", "run", "bars", "signals", "archive"]
    process = subprocess.Popen([*command, "--metrics-port", "0"], env={**os.environ, **env})
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)


def _stored(database: str, wanted: int) -> tuple[int, int]:
    """Ticks and context events, once they are all there or a minute has brought no more."""
    engine = connect_engine(database)

    def now() -> tuple[int, int]:
        with engine.connect() as connection:
            ticks, context = connection.execute(text(_COUNT)).one()
        return int(ticks or 0), int(context)

    try:
        wait_for(lambda: sum(now()) >= wanted, f"{wanted} rows", 120)
        return now()
    finally:
        engine.dispose()


def _rows(load: Load, stored: tuple[int, int], sent: int, took: float) -> Iterator[Row]:
    answers = ", ".join(f"{count:,} x {status}" for status, count in sorted(load.statuses.items()))
    yield Row(f"five shapes, {RATE:,} a second for {SECONDS:g} s", answers, "")
    yield Row("requests/s reached", f"{load.rate:,.0f}", f"{load.rate / RATE:.2f}x")
    median, high = (1_000 * load.percentile(share) for share in (0.5, 0.99))
    yield Row("p50 / p99, from when it was due", f"{median:.1f} / {high:.1f} ms", "")
    ticks, context = stored
    yield Row(
        f"of {sent:,} in the tables, {took:.0f} s after",
        f"{ticks:,} ticks + {context:,} context",
        f"{(ticks + context) / sent:.3f}x",
    )
