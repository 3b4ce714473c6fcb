"""Replay into the real Kafka: keys, order, marks, dead letters, and a killed one run again."""

import time
import uuid
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from streams.adapters.endpoints import kafka_address
from streams.adapters.kafka import consumer
from streams.adapters.messages import PRODUCED, decode_dead_letter, decode_ticks
from streams.adapters.settings import Settings
from streams.adapters.topics import Topic, Topics
from streams.apps.replay.request import ReplayRequest
from streams.apps.replay.run import replay
from streams.domain.tick import Mark
from tests.fakes import settings

pytestmark = pytest.mark.broker
T = 1_646_136_000_000
SYMBOLS = 300
TICKS = 60_000


@pytest.fixture
def fresh(kafka: str) -> Settings:
    """Settings with topics of this test's own."""
    return settings(
        KAFKA_BOOTSTRAP_SERVERS=kafka,
        TAPEDECK_TOPIC_PREFIX=f"t{uuid.uuid4().hex[:8]}-",
        TAPEDECK_PARTITIONS=3,
    )


@pytest.fixture
def tape(tmp_path: Path) -> ReplayRequest:
    path = tmp_path / "tape.csv"
    with path.open("w") as out:
        out.write("symbol,ts,price,size\n")
        for n in range(TICKS):
            out.write(f"S{n * n % SYMBOLS},{T + n * 20},{n + 0.1},{n % 9}\n")
        out.write("S1,never,1,1\n")
    return ReplayRequest((str(path),))


def messages(fresh: Settings, topic: Topic, count: int) -> list[Any]:
    """The first `count` messages of a topic, waited for at most 30 s."""
    name = Topics(fresh.topic_prefix).name(topic)
    reader = consumer(kafka_address(fresh), uuid.uuid4().hex)
    reader.subscribe([name])
    found: list[Any] = []
    deadline = time.monotonic() + 30
    while len(found) < count and time.monotonic() < deadline:
        message = reader.poll(0.2)
        if message is not None and message.error() is None:
            found.append(message)
    reader.close()
    return found


def test_every_tick_arrives_once_in_order_under_its_symbol(
    fresh: Settings, tape: ReplayRequest
) -> None:
    result = replay(fresh, tape)
    assert (result.counts.ticks, len(result.symbols)) == (
        TICKS,
        len({n * n % SYMBOLS for n in range(TICKS)}),
    )
    found = messages(fresh, Topic.TICKS, 2 * len(result.symbols))
    arrived: dict[str, list[tuple[int, float, float]]] = defaultdict(list)
    partitions: dict[str, set[int]] = defaultdict(set)
    marks: list[tuple[str, Mark, int | None]] = []
    for message in found:
        batch = decode_ticks(message.value())
        assert message.key() == batch.symbol.encode()
        assert dict(message.headers())[PRODUCED].isdigit()
        assert batch.run == result.run
        partitions[batch.symbol].add(message.partition())
        if batch.mark is not None:
            marks.append((batch.symbol, batch.mark, batch.clock))
        else:
            assert batch.first == len(arrived[batch.symbol])
            assert batch.size is not None
            arrived[batch.symbol] += zip(batch.ts, batch.price, batch.size, strict=True)
    assert all(len(where) == 1 for where in partitions.values())
    assert sorted(marks) == sorted(
        (symbol, Mark.END, T + (TICKS - 1) * 20) for symbol in result.symbols
    )
    expected: dict[str, list[tuple[int, float, float]]] = defaultdict(list)
    for n in range(TICKS):
        expected[f"S{n * n % SYMBOLS}"].append((T + n * 20, n + 0.1, float(n % 9)))
    assert arrived == expected


def test_a_rejected_row_is_a_dead_letter_with_its_text(
    fresh: Settings, tape: ReplayRequest
) -> None:
    replay(fresh, tape)
    [message] = messages(fresh, Topic.DEAD_LETTERS, 1)
    letter = decode_dead_letter(message.value(), message.headers())
    assert (letter.origin, letter.reason, letter.source) == ("replay", "bad_time", "tape.csv")
    assert (letter.position, letter.raw) == (TICKS + 2, b"S1,never,1,1")
    assert message.key() == b"replay"
