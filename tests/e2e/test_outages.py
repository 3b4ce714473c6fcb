"""PostgreSQL hangs while signals arrive: each reaches people once, and nobody starts anything anew.

The whole, every server away for 20 s under load, is `make soak`.
"""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from sqlalchemy import text

from streams.adapters.cloud_event import binary_headers
from streams.adapters.database import connect_engine
from streams.adapters.local_functions import LocalFunctions, local_functions
from streams.adapters.pids import read_pid
from streams.adapters.settings import Settings
from streams.adapters.signal_events import signal_event
from streams.apps.deliver import event_of
from streams.apps.delivery_sink import Delivery
from streams.domain.signal import Side, Signal, signal_id
from tests.e2e.hanging import hanging
from tests.waiting import wait_for

SYMBOLS, BEFORE, DURING, AFTER = 10, 30, 60, 30
HANG_SECONDS = 6.0
HOUR_MS = 3_600_000


def event_headers(number: int) -> tuple[dict[str, str], bytes]:
    """The number's signal as `run deliver` posts it; far from the last one of its symbol."""
    symbol, start = f"S{number % SYMBOLS}", (number // SYMBOLS) * HOUR_MS
    signal = Signal(
        signal_id(symbol, "5m", start, "breakout"), start + 300_000, symbol, "5m", "breakout",
        Side.BUY, 1.5, 0.1, True, "crossed",
    )  # fmt: skip
    headers, value = signal_event(signal, [])
    event = event_of(Delivery("signals", 0, 0, symbol.encode(), value, headers))
    return binary_headers(event), event.data


@contextmanager
def serving(home: Path, database: str) -> Iterator[LocalFunctions]:
    """`tapedeck serve notify` as a process of its own."""
    free = "notify=0,dead_letter=0"
    env = {
        **os.environ,
        "DATABASE_URL": database,
        "TAPEDECK_HOME": str(home),
        "TAPEDECK_BROKER_PORT": "0",
        "TAPEDECK_FUNCTION_PORTS": free,
        "TAPEDECK_NOTIFY_CHANNELS": "file",
    }
    command = [sys.executable, "-m", "streams.cli", "serve", "notify"]
    with (home / "output").open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=env, cwd=home)
    try:
        yield wait_for(lambda: local_functions(home), "`tapedeck serve` to listen", 60)
        assert process.poll() is None, (home / "output").read_text()
    finally:
        process.terminate()
        process.wait(60)
    assert not list((home / "run").glob("*.pid"))


def _post(client: httpx.Client, broker: str, numbers: range, seconds: float = 0.0) -> None:
    """Evenly over so many seconds; each is accepted, whatever hangs."""
    began = time.monotonic()
    for count, number in enumerate(numbers):
        _wait_until(began + seconds * count / len(numbers))
        headers, body = event_headers(number)
        assert client.post(broker, headers=headers, content=body).status_code == 202


def _wait_until(moment: float) -> None:
    wait_for(lambda: time.monotonic() >= moment, "the next event's moment")


def _state(client: httpx.Client, broker: str) -> dict[str, int]:
    state: dict[str, int] = client.get(broker).json()
    return state


def test_a_hanging_postgresql_loses_and_repeats_no_notification(
    tmp_path: Path, migrated: str, service_settings: Settings
) -> None:
    server = read_pid(service_settings.home, "postgres")
    assert server is not None
    total = BEFORE + DURING + AFTER
    with (
        serving(tmp_path, migrated) as running,
        httpx.Client(timeout=30, trust_env=False) as client,
    ):
        broker = running.broker + "/"
        _post(client, broker, range(BEFORE))
        wait_for(lambda: _state(client, broker)["pending"] == 0, "the first to be told", 60)
        with hanging(server):
            _post(client, broker, range(BEFORE, BEFORE + DURING), HANG_SECONDS)
            assert _state(client, broker)["pending"] == DURING
        _post(client, broker, range(BEFORE + DURING, total))
        wait_for(lambda: _state(client, broker)["pending"] == 0, "all to be told", 100)
        assert _state(client, broker)["dead"] == 0
    told = Counter(
        json.loads(line)["id"]
        for line in (tmp_path / "notifications.jsonl").read_text().splitlines()
    )
    expected = {event_headers(number)[0]["ce-id"] for number in range(total)}
    assert told == Counter(expected)
    engine = connect_engine(migrated)
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT status, count(*) FROM notifications GROUP BY 1"))
        assert [tuple(row) for row in rows] == [("delivered", total)]
        assert connection.scalar(text("SELECT count(*) FROM undelivered")) == 0
    engine.dispose()
