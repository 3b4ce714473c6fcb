"""Made-up and live market data in real Kafka: every tick there once, readable by everybody."""

import json
import threading
from collections import Counter
from pathlib import Path

import pytest
from websockets.sync.server import ServerConnection

from streams.adapters.context_messages import decode_context
from streams.adapters.feeds.provider import Access
from streams.adapters.messages import decode_ticks
from streams.adapters.offsets import TopicReader
from streams.adapters.settings import Settings
from streams.adapters.synthetic.plan import MarketPlan, symbol_names
from streams.adapters.topics import Topic, Topics
from streams.apps.feed.request import FeedRequest
from streams.apps.feed.run import feed
from streams.apps.generate.request import GenerateRequest
from streams.apps.generate.run import generate
from streams.domain.screen import batch_fault, screen
from streams.domain.tick import Mark, TickBatch
from tests.fakes import settings
from tests.feed_servers import socket_server

START = 1_709_510_400_000


@pytest.fixture
def chosen(kafka: str, topics: Topics, tmp_path: Path) -> Settings:
    return settings(
        KAFKA_BOOTSTRAP_SERVERS=kafka, TAPEDECK_HOME=tmp_path, TAPEDECK_TOPIC_PREFIX=topics.prefix
    )


def values(kafka: str, name: str) -> list[tuple[str, bytes]]:
    """(key, value) of every message of a topic."""
    reader = TopicReader(kafka)
    ends = reader.ends(name)
    messages = reader.read(name, dict.fromkeys(ends, 0), ends)
    found = [((message.key() or b"").decode(), message.value() or b"") for message in messages]
    reader.close()
    return found


def headers(kafka: str, name: str) -> list[dict[str, bytes]]:
    """Those of every message of a topic."""
    reader = TopicReader(kafka)
    ends = reader.ends(name)
    found = [dict(each.headers() or []) for each in reader.read(name, dict.fromkeys(ends, 0), ends)]
    reader.close()
    return found


def batches(kafka: str, topics: Topics) -> list[TickBatch]:
    """Those of `ticks`; each is one that every reader takes whole."""
    found = []
    for key, value in values(kafka, topics.name(Topic.TICKS)):
        batch = decode_ticks(value)
        assert batch.symbol == key
        assert batch_fault(batch) is None
        assert screen(batch)[1] == []
        found.append(batch)
    return found


def test_a_tape_of_a_market_is_known_by_its_source_and_ends(
    kafka: str, topics: Topics, chosen: Settings
) -> None:
    plan = MarketPlan(symbol_names("5"), 50.0, 7, START, anomalies=10.0)
    request = GenerateRequest(plan, duration_ms=600_000, speed=None, tape=True)
    first, again = (generate(chosen, request, lambda _: None) for _ in range(2))
    assert first.ticks == again.ticks > 25_000
    found = batches(kafka, topics)
    assert {batch.source for batch in found if len(batch)} == {plan.source}
    numbers = Counter(
        (batch.symbol, batch.first + at) for batch in found for at in range(len(batch))
    )
    assert len(numbers) == first.ticks
    assert set(numbers.values()) == {2}
    ends = Counter((batch.symbol, batch.run) for batch in found if batch.mark is Mark.END)
    assert ends == {(symbol, run.run): 1 for symbol in plan.symbols for run in (first, again)}
    events = [decode_context(value) for _, value in values(kafka, topics.name(Topic.CONTEXT))]
    assert len(events) == first.context + again.context
    places = Counter(each["place"] for each in headers(kafka, topics.name(Topic.CONTEXT)))
    assert places == {f"{plan.source}/{number}".encode(): 2 for number in range(first.context)}


def test_a_market_on_the_clock_is_live(kafka: str, topics: Topics, chosen: Settings) -> None:
    plan = MarketPlan(symbol_names("5"), 2_000.0, 7)
    result = generate(chosen, GenerateRequest(plan, duration_ms=500), lambda _: None)
    found = batches(kafka, topics)
    assert sum(map(len, found)) == result.ticks == 1_000
    assert {(batch.source, batch.mark) for batch in found} == {(None, None)}


def test_a_stop_ends_a_market_without_a_mark(kafka: str, topics: Topics, chosen: Settings) -> None:
    stop = threading.Event()
    plan = MarketPlan(symbol_names("5"), 1_000.0, 7, START)
    request = GenerateRequest(plan, speed=1.0, tape=True)

    def after_some(progress: object) -> None:
        if getattr(progress, "ticks", 0) > 200:
            stop.set()

    result = generate(chosen, request, after_some, stop)
    assert result.interrupted
    assert {batch.mark for batch in batches(kafka, topics)} == {None}


def test_a_feed_in_kafka_with_its_rejects(kafka: str, topics: Topics, chosen: Settings) -> None:
    now = START

    def talk(socket: ServerConnection) -> None:
        socket.recv(10)
        for n in range(500):
            socket.send(
                json.dumps(
                    {
                        "e": "trade",
                        "s": f"C{n % 5}",
                        "t": n // 5,
                        "p": "1.5",
                        "q": "2",
                        "T": now + n,
                    }
                )
            )
        socket.send("rubbish")
        socket.send(json.dumps({"e": "trade", "s": "C0", "t": 100, "p": "2", "q": "2", "T": now}))

    with socket_server(talk) as (url, _):
        symbols = tuple(f"C{n}" for n in range(5))
        request = FeedRequest("binance", "socket", Access(url), symbols, limit=501, duration_s=30)
        result = feed(chosen, request, lambda _: None)
    found = batches(kafka, topics)
    assert sum(map(len, found)) == result.counts.ticks == 501
    assert result.counts.missing == 0
    letters = values(kafka, topics.name(Topic.DEAD_LETTERS))
    assert letters == [("feed", b"rubbish")]
