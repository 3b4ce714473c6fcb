"""Bars from Kafka: the fold of three intervals against plain Quix windows, same ticks, one process.

Rates are those of committed offsets between the first commit and the last, so that start-up does
not count.
"""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from confluent_kafka.admin import AdminClient, NewTopic

from streams.adapters.kafka import producer
from streams.adapters.messages import encode_ticks
from streams.adapters.offsets import GroupOffsets, TopicReader
from streams.adapters.topics import Topics, create_topics
from streams.domain.tick import TickBatch
from tests.bench.services import kafka
from tests.bench.table import Row

SYMBOLS = 500
PARTITIONS = 4
BATCH = 64
FOLD_TICKS = 8_000_000
WINDOW_TICKS = 200_000
THREE_WINDOWS_TICKS = 80_000


def measure(home: Path) -> Iterator[Row]:
    """The fold, one window and three windows; ratios are of ticks/s."""
    with kafka(home) as address:
        fold = _fold(address, home)
        one = _windows(address, home, "one", WINDOW_TICKS, "300000")
        three = _windows(address, home, "three", THREE_WINDOWS_TICKS, "60000,300000,900000")
    yield Row(f"run bars, 3 intervals, {BATCH} ticks a message", f"{fold:,.0f} ticks/s", "")
    yield Row(
        "Quix tumbling_window().final(), 5m only", f"{one:,.0f} ticks/s", f"{fold / one:.0f}x"
    )
    yield Row("the same, 3 windows (same bars)", f"{three:,.0f} ticks/s", f"{fold / three:.0f}x")


def _ticks(count: int) -> Iterator[tuple[str, int, float, float]]:
    rng = random.Random(1)
    clock = [0] * SYMBOLS
    for _ in range(count):
        n = rng.randrange(SYMBOLS)
        clock[n] += 200
        yield f"S{n}", clock[n], round(100 + rng.random(), 2), float(rng.randrange(100))


def _fold(address: str, home: Path) -> float:
    topics = Topics("bench-fold-")
    create_topics(address, topics, PARTITIONS)
    to = producer(address)
    open_: dict[str, TickBatch] = {}
    firsts = dict.fromkeys((f"S{n}" for n in range(SYMBOLS)), 0)
    for symbol, ts, price, size in _ticks(FOLD_TICKS):
        batch = open_.setdefault(
            symbol, TickBatch(symbol, [], [], [], source="bench", first=firsts[symbol])
        )
        batch.ts.append(ts)  # type: ignore[attr-defined]  # a list here
        batch.price.append(price)  # type: ignore[attr-defined]
        batch.size.append(size)  # type: ignore[union-attr]
        if len(batch) == BATCH:
            _produce(to, "bench-fold-ticks", symbol, encode_ticks(open_.pop(symbol)))
            firsts[symbol] += BATCH
    to.flush()
    env = os.environ | {
        "KAFKA_BOOTSTRAP_SERVERS": address,
        "TAPEDECK_TOPIC_PREFIX": "bench-fold-",
        "TAPEDECK_HOME": str(home / "fold"),
    }
    command = [sys.executable, "-m", "streams.cli", "run", "bars"]
    rate = _rate(address, "bench-fold-ticks", topics.group("bars"), command, env)
    return rate * BATCH


def _windows(address: str, home: Path, name: str, count: int, lengths: str) -> float:
    prefix = f"bench-{name}-"
    to = producer(address)
    admin = AdminClient({"bootstrap.servers": address})
    for made in admin.create_topics([NewTopic(f"{prefix}window-ticks", PARTITIONS, 1)]).values():
        made.result()
    for symbol, ts, price, size in _ticks(count):
        value = json.dumps({"ts": ts, "price": price, "size": size}).encode()
        _produce(to, f"{prefix}window-ticks", symbol, value)
    to.flush()
    command = [sys.executable, "-m", "tests.bench.engine", address, prefix, str(home / name)]
    command += [str(PARTITIONS), lengths]
    return _rate(address, f"{prefix}window-ticks", f"{prefix}window", command, dict(os.environ))


def _produce(to: object, topic: str, key: str, value: bytes) -> None:
    while True:
        try:
            to.produce(topic, value, key.encode())  # type: ignore[attr-defined]
            to.poll(0)  # type: ignore[attr-defined]
        except BufferError:
            to.poll(0.1)  # type: ignore[attr-defined]
        else:
            return


def _rate(address: str, topic: str, group: str, command: list[str], env: dict[str, str]) -> float:
    """Messages a second that the command's group commits."""
    reader, offsets = TopicReader(address), GroupOffsets(address, group)
    ends = reader.ends(topic)
    total, seen = sum(ends.values()), [(0.0, 0)]
    process = subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL)
    try:
        while seen[-1][1] < total:
            done = sum(offsets.committed(topic, ends).values())
            if done != seen[-1][1]:
                seen.append((time.monotonic(), done))
            if process.poll() is not None:
                raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
            time.sleep(0.02)
    finally:
        process.terminate()
        process.wait()
    (began, first), (ended, last) = seen[1], seen[-1]
    return (last - first) / (ended - began)
