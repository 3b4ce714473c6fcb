"""The dashboard's reader and its view of the whole pipeline, on a real Kafka."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from confluent_kafka.admin import AdminClient

from panel_app.alerts import AlertFilter
from panel_app.database import Database
from panel_app.feed import Feed, FeedState
from panel_app.market import Market
from panel_app.meters import Latencies
from panel_app.overview import Overview, Plant
from panel_app.reader import Reader
from panel_app.store import Key
from panel_app.watchlist import Watchlist
from streams.adapters.anomaly_events import anomaly_record
from streams.adapters.kafka import consumer, producer
from streams.adapters.messages import PRODUCED, Headers, encode
from streams.adapters.signal_events import signal_event
from streams.adapters.topics import Topic, Topics, create_topics
from streams.domain.anomaly import Anomaly
from streams.domain.bar import Bar
from streams.domain.signal import Side, Signal
from streams.domain.tick import MAX_TS
from tests.waiting import wait_for

KEY = Key("A", "1m")


def bar(minute: int, close: float = 2.0) -> Bar:
    start = minute * 60_000
    return Bar("A", "1m", start, start + 60_000, 1, 3, 0.5, close, 5.0, 1.5, 3, start)


def send(kafka: str, name: str, values: list[bytes], headers: Headers | None = None) -> None:
    to = producer(kafka)
    for value in values:
        to.produce(name, value, b"A", headers=headers or [])
    assert to.flush(30) == 0


@contextmanager
def reading(
    kafka: str, topics: Topics, on_hole: Callable[[], None] = lambda: None
) -> Iterator[tuple[Market, Feed]]:
    market, feed = Market(Watchlist("1m", "5m")), Feed()
    reader = Reader(kafka, topics, market, feed, 1_000, on_hole)
    reader.start()
    try:
        wait_for(lambda: feed.is_caught_up, "the topics' past")
        yield market, feed
        assert reader.alive
    finally:
        reader.stop()
        wait_for(lambda: not reader.running, "the reader's end")


def test_what_came_before_is_no_news_and_what_comes_after_is_measured(
    kafka: str, topics: Topics
) -> None:
    name = topics.name(Topic.BARS)
    old = [(PRODUCED, b"1000")]
    send(kafka, name, [encode(bar(0))], old)
    with reading(kafka, topics) as (market, _):
        assert market.latencies["bars"].percentiles(1.0) is None
        for bad in (b"x", b"-1", b"9" * 30, "²".encode()):
            send(kafka, name, [encode(bar(1, 3.0))], [(PRODUCED, bad)])
        now = str(time.time_ns() // 1_000_000).encode()
        send(kafka, name, [encode(bar(2, 4.0)), b"rubbish"], [(PRODUCED, now)])
        wait_for(lambda: len(market.store.bars_of(KEY)) == 3, "the bars")
        found = market.latencies["bars"].percentiles(1.0)
    assert found is not None
    assert 0 <= found[0] < 30_000
    assert market.store.newest(KEY).produced == int(now)


def test_a_signal_brings_its_severity(kafka: str, topics: Topics) -> None:
    signal = Signal("s1", 60_000, "A", "1m", "breakout", Side.BUY, 2.0, 0.1, True, "why")
    headers, value = signal_event(signal, [("ce_severity", b"critical")])
    with reading(kafka, topics) as (market, _):
        send(kafka, topics.name(Topic.SIGNALS), [value], headers)
        (alert,) = wait_for(lambda: market.alerts.read(0)[1], "the signal")
    assert (alert.severity, alert.live) == ("critical", True)


def test_an_anomaly_is_an_alert_and_so_is_one_of_the_topic_s_past(
    kafka: str, topics: Topics
) -> None:
    old, new = (
        anomaly_record(
            Anomaly(
                f"a{n}", n * 60_000, "A", "1m", "latency", "high", 150.0, None, 100.0,
                (n - 1) * 60_000, 2.0, "slow",
            )
        )
        for n in (1, 2)
    )  # fmt: skip
    name = topics.name(Topic.SIGNALS)
    send(kafka, name, [old.value], old.headers)
    with reading(kafka, topics) as (market, _):
        send(kafka, name, [new.value], new.headers)
        wait_for(lambda: len(market.alerts.read(0)[1]) == 2, "both")
        alerts = market.alerts.newest(AlertFilter(), MAX_TS, 10)
    assert [(a.signal.kind, a.severity, a.live) for a in alerts] == [
        ("anomaly.latency", "high", True), ("anomaly.latency", "high", False),
    ]  # fmt: skip


def test_topics_that_are_made_anew_are_a_hole_and_reading_goes_on(
    kafka: str, topics: Topics
) -> None:
    name = topics.name(Topic.BARS)
    send(kafka, name, [encode(bar(minute)) for minute in range(50)])
    holes: list[int] = []
    with reading(kafka, topics, lambda: holes.append(1)) as (market, feed):
        admin = AdminClient({"bootstrap.servers": kafka, "log_level": 2})
        wanted = [topics.name(topic) for topic in Topic]
        for future in admin.delete_topics(wanted, operation_timeout=30).values():
            future.result()
        wait_for(lambda: _made(kafka, topics), "new topics", 60)
        send(kafka, name, [encode(bar(99))])
        wait_for(
            lambda: any(s == 99 * 60_000 for s, _, _ in market.store.bars_of(KEY)), "a bar", 90
        )
        wait_for(lambda: holes, "word of the hole")
        read = (FeedState.LIVE, FeedState.IDLE)
        wait_for(lambda: feed.status(0).state in read, "the end of the new topics' past")


def _made(kafka: str, topics: Topics) -> bool:
    """Deleting takes Kafka a moment, in which they cannot be made."""
    create_topics(kafka, topics, 3)
    probe = consumer(kafka, "probe")
    try:
        known = probe.list_topics(timeout=5).topics
        return all(topics.name(topic) in known for topic in Topic)
    finally:
        probe.close()


class Broker(BaseHTTPRequestHandler):
    """What `tapedeck serve` says of itself."""

    def do_GET(self) -> None:
        state = {
            "pending": 2, "dead": 1, "accepted": 9, "triggers": [],
            "services": [
                {"name": "notify", "state": "ready", "instances": [{"pid": 1}], "requests": 7}
            ],
        }  # fmt: skip
        body = json.dumps(state).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def broker() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Broker)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def overview(kafka: str, topics: Topics, broker: str) -> Overview:
    sent, market = Latencies(), Market(Watchlist("1m", "5m"))
    sent.add(12.0)
    database = Database(lambda: "", lambda: None)
    return Overview(Plant(kafka, topics, broker), market, Feed(), database, sent)


def test_the_whole_pipeline_at_a_glance(kafka: str, topics: Topics, broker: str) -> None:
    send(kafka, topics.name(Topic.BARS), [b"{}"] * 5)
    send(kafka, topics.name(Topic.DEAD_LETTERS), [b"?"] * 2)
    group = consumer(kafka, topics.group("signals"))
    group.subscribe([topics.name(Topic.BARS)])
    wait_for(lambda: group.consume(1, 0.5), "a message")
    group.commit(asynchronous=False)
    system = overview(kafka, topics, broker)
    system.people = lambda: {"sessions": 3, "clients": 4}
    assert system.look() is None
    system.start()
    try:
        found = wait_for(system.look, "an answer")
        again = wait_for(lambda: (s := system.look()) and s["taken"] > found["taken"] and s, "more")
    finally:
        system.stop()
        group.close()
    stages = {stage["name"]: stage["messages"] for stage in found["stages"]}
    assert list(stages) == [topic.value for topic in Topic]
    assert (stages["bars"], found["dead_letters"], found["kafka"]) == (5, 2, None)
    lag = {"group": topics.group("signals"), "topic": topics.name(Topic.BARS), "lag": 4}
    assert found["groups"] == [lag]
    assert found["functions"] == {
        "available": True, "pending": 2, "dead": 1,
        "services": [{"name": "notify", "state": "ready", "instances": 1, "requests": 7}],
    }  # fmt: skip
    assert found["latency_ms"]["session"] == {"p50": 12.0, "p99": 12.0}
    assert found["latency_ms"]["bars"] is None
    assert (found["sessions"], found["clients"], found["postgresql"]["up"]) == (3, 4, False)
    assert isinstance(again, dict)
    assert again["stages"][0]["per_second"] == 0.0


def test_a_pipeline_without_kafka_and_broker_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.adapters.kafka_overview._TIMEOUT", 0.5)  # instead of 10 s
    system = overview("127.0.0.1:1", Topics("none-"), "http://127.0.0.1:1/")
    system.look()
    system.start()
    try:
        found = wait_for(system.look, "an answer", 60)
    finally:
        system.stop()
    assert "127.0.0.1:1" in found["kafka"]
    assert found["stages"] == []
    assert not found["functions"]["available"]
