"""From the tick that closes a bar to the notify function: 5,000 ticks/s over 20 symbols.

One-second bars of prices that swing, so that crossovers come all the time; the times are those
that the messages carry (`produced` at the source, the clock of the function when it is called).
"""

import json
import math
import time
from collections.abc import Iterator
from pathlib import Path

from streams.adapters.kafka import producer
from streams.adapters.messages import PRODUCED, encode_ticks
from streams.domain.tick import TickBatch
from tests.bench.table import Row
from tests.e2e.demo_process import DemoProcess, demo, fresh_home

SYMBOLS = 20
TICKS_PER_SECOND = 5_000
SECONDS = 60
SLICE = 0.01
SWING = 14.0
WARM_UP = 10.0


def measure(home: Path) -> Iterator[Row]:
    """Percentiles of the latency that the function reports, in ms."""
    env = {
        "TAPEDECK_INTERVALS": "1s",
        "TAPEDECK_SIGNAL_INTERVALS": "1s",
        "TAPEDECK_NOTIFY_CHANNELS": "file",
        "TAPEDECK_NOTIFY_COLD": "true",
        "TAPEDECK_NOTIFY_COOLDOWN": "0",
    }
    with fresh_home() as own, demo(own, "--no-panel", "--limit", "10", **env) as running:
        running.wait_for_line("replayed")
        sent = _send(running)
        found = _latencies(own, running)
    yield Row("ticks sent", f"{sent / SECONDS:,.0f} ticks/s", "")
    yield Row("notifications", f"{len(found)}", "")
    for share in (0.5, 0.95, 0.99, 1.0):
        at = found[min(len(found) - 1, math.ceil(share * len(found)) - 1)]
        yield Row(f"tick to notify, p{share * 100:g}", f"{at} ms", f"{250 / max(1, at):.1f}x")


def _send(running: DemoProcess) -> int:
    """Ticks at a steady rate, grouped as they come within a slice of time."""
    kafka = json.loads((running.home / "run" / "endpoints.json").read_text())["kafka"]
    to = producer(kafka)
    share = TICKS_PER_SECOND / SYMBOLS
    sent = [0] * SYMBOLS
    began = time.time()
    while (now := time.time()) < began + SECONDS:
        for n in range(SYMBOLS):
            due = int((now - began) * share) - sent[n]
            if due:
                headers = [(PRODUCED, str(int(now * 1_000)).encode())]
                symbol, value = _message(n, now, due)
                to.produce("ticks", value, symbol, headers=headers)
                sent[n] += due
        to.poll(0)
        time.sleep(SLICE)
    assert to.flush(30) == 0
    return sum(sent)


def _message(n: int, now: float, count: int) -> tuple[bytes, bytes]:
    ms = int(now * 1_000)
    price = 100 + 10 * math.sin(2 * math.pi * (now / SWING + n / SYMBOLS))
    batch = TickBatch(f"L{n}", [ms] * count, [round(price, 4)] * count, [1.0] * count)
    return batch.symbol.encode(), encode_ticks(batch)


def _latencies(home: Path, running: DemoProcess) -> list[int]:
    """Sorted latencies, without those of the first seconds, when the function still starts."""
    deadline = time.monotonic() + 10
    path = home / "notifications.jsonl"
    lines: list[str] = []
    while time.monotonic() < deadline:
        running.check()
        lines = path.read_text().splitlines()
        time.sleep(0.5)
    events = [event for line in lines if (event := json.loads(line))["symbol"].startswith("L")]
    first = min(event["time_ms"] for event in events)
    return sorted(
        event["latency_ms"]
        for event in events
        if event["latency_ms"] is not None and event["time_ms"] > first + WARM_UP * 1_000
    )
