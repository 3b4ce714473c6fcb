"""`functions.ingest` on a real Kafka: what is answered with 200 is there, as it was posted."""

import json
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest
from confluent_kafka import Message
from prometheus_client import CollectorRegistry
from typer.testing import CliRunner

from functions.ingest.app import application
from functions.ingest.outbox import Outbox
from streams.adapters.archive_sink import ArchiveSink
from streams.adapters.database import connect_engine
from streams.adapters.endpoints import Endpoints, write_endpoints
from streams.adapters.kafka import producer
from streams.adapters.latest import LatestValues
from streams.adapters.messages import decode_dead_letter, decode_ticks
from streams.adapters.offsets import TopicReader
from streams.adapters.records import Message as Consumed
from streams.adapters.services.ports import free_port
from streams.adapters.topics import Topic, Topics
from streams.apps.archive import archive_context
from streams.cli.main import app as command_line
from streams.domain.tick import TickBatch
from tests.fakes import settings
from tests.generator_shapes import Shape, body, shapes

JSON = {"Content-Type": "application/json"}
AT = 1_700_000_000.123456
MS = 1_700_000_000_123
Post = Callable[[object], int]


def read(kafka: str, topics: Topics, topic: Topic) -> list[Message]:
    """Every message of a topic."""
    reader, name = TopicReader(kafka), topics.name(topic)
    ends = reader.ends(name)
    found = list(reader.read(name, dict.fromkeys(ends, 0), ends))
    reader.close()
    return found


def poster(outbox: Outbox, **values: object) -> Post:
    """Posts to the function in this process and says the status."""
    client = application(settings(**values), outbox.send, outbox.check).test_client()

    def post(value: object) -> int:
        raw = value if isinstance(value, bytes) else json.dumps(value).encode()
        return client.post("/ingest", data=raw, headers=JSON).status_code

    return post


@pytest.fixture
def post(kafka: str, topics: Topics) -> Post:
    values = {"KAFKA_BOOTSTRAP_SERVERS": kafka, "TAPEDECK_TOPIC_PREFIX": topics.prefix}
    return poster(Outbox(settings(**values), deadline=60), **values)


def test_what_is_posted_is_in_the_topics_with_its_values(
    post: Post, kafka: str, topics: Topics
) -> None:
    five = list(islice(shapes(AT), 5))
    assert [post(body(shape)) for shape in five] == [200] * 5
    assert post([{"symbol": "A", "ts": MS + n, "price": 1.5 + n} for n in range(3)]) == 200
    assert post({"symbol": "A", "ts": MS, "price": -1}) == 422
    found = {m.key().decode(): m for m in read(kafka, topics, Topic.TICKS)}
    record = five[0]
    assert decode_ticks(found[record["stock_symbol"]].value()) == TickBatch(
        record["stock_symbol"], [MS], [record["closing_price"]], [float(record["volume"])],
        [record["opening_price"]], [record["high"]], [record["low"]],
    )  # fmt: skip
    assert decode_ticks(found["A"].value()) == TickBatch("A", [MS, MS + 1, MS + 2], [1.5, 2.5, 3.5])
    headers = dict(found["A"].headers())
    assert abs(int(headers["produced"]) - time.time() * 1_000) < 300_000
    assert len(headers["traceparent"]) == 55
    [letter] = read(kafka, topics, Topic.DEAD_LETTERS)
    dead = decode_dead_letter(letter.value(), letter.headers())
    assert (dead.origin, dead.reason, dead.source) == ("ingest", "bad_price", "http/127.0.0.1")
    assert dead.raw == b'{"symbol": "A", "ts": 1700000000123, "price": -1}'


def test_a_symbol_is_on_the_partition_where_a_replay_puts_it(
    post: Post, kafka: str, topics: Topics
) -> None:
    symbols = [f"S{n}" for n in range(20)]
    assert post([{"symbol": symbol, "ts": MS, "price": 1} for symbol in symbols]) == 200
    to = producer(kafka)
    for symbol in symbols:
        to.produce(topics.name(Topic.TICKS), b"{}", symbol.encode())
    assert to.flush(60) == 0
    placed: dict[str, set[int]] = {}
    for message in read(kafka, topics, Topic.TICKS):
        placed.setdefault(message.key().decode(), set()).add(message.partition())
    assert {len(partitions) for partitions in placed.values()} == {1}
    assert len(placed) == 20
    assert len(set.union(*placed.values())) > 1


def test_context_is_stored_once_and_exported(
    post: Post, kafka: str, topics: Topics, migrated: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    five = list(islice(shapes(AT), 5))
    assert [post(body(shape)) for shape in five] == [200] * 5
    for _ in range(2):  # a crash before the commit: the same messages again
        _archive(migrated, [_consumed(m) for m in read(kafka, topics, Topic.CONTEXT)])
    monkeypatch.setenv("DATABASE_URL", migrated)
    result = CliRunner().invoke(command_line, ["export", "context", "--format", "jsonl"])
    assert result.exit_code == 0, result.output
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(rows) == len({row["id"] for row in rows}) == 4
    assert {row["kind"]: row for row in rows} == {
        shape["data_type"]: _row(shape) | {"id": row["id"]}
        for shape in five[1:]
        for row in rows
        if row["kind"] == shape["data_type"]
    }
    assert rows[0]["symbol"] == "*"


def _row(shape: Shape) -> Shape:
    """The row of the export that a posted event becomes."""
    names = (
        "order_type price quantity sentiment_score sentiment_magnitude market_cap pe_ratio "
        "indicator_name value"
    )
    return {
        "time_ms": MS,
        "symbol": shape.get("stock_symbol", "*"),
        "kind": shape["data_type"],
        **{name: shape.get(name) for name in names.split()},
    }


def _consumed(message: Message) -> Consumed:
    return Consumed(
        message.topic(), message.partition(), message.offset(), message.key().decode(),
        message.value(), message.timestamp()[1], message.headers(),
    )  # fmt: skip


def _archive(url: str, messages: list[Consumed]) -> None:
    engine = connect_engine(url)
    sink = ArchiveSink(
        engine,
        LatestValues(None),
        lambda: producer("127.0.0.1:1"),
        Topics(),
        registry=CollectorRegistry(),
    )
    for message in messages:
        for value in archive_context(message):
            sink.add(value, message.key, 0, [], message.topic, message.partition, message.offset)
    sink.flush()
    engine.dispose()


def test_without_kafka_it_is_503_within_the_deadline(tmp_path: Path) -> None:
    values = {
        "KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{free_port(frozenset())}",
        "TAPEDECK_HOME": tmp_path,
    }
    outbox = Outbox(settings(**values), deadline=1.0)
    client = application(settings(**values), outbox.send, outbox.check).test_client()
    begun = time.monotonic()
    answer = client.post("/ingest", data=b'{"symbol":"A","ts":1,"price":1}', headers=JSON)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert time.monotonic() - begun < 15  # `timeoutSeconds`
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200
    outbox.close()


def test_a_kafka_that_comes_later_is_found_and_missing_topics_are_made(
    kafka: str, tmp_path: Path
) -> None:
    topics = Topics(f"later-{tmp_path.name}-")
    values = {"TAPEDECK_HOME": tmp_path, "TAPEDECK_TOPIC_PREFIX": topics.prefix}
    outbox = Outbox(settings(**values, TAPEDECK_PARTITIONS=2), deadline=1.0)
    post = poster(outbox, **values)
    tick = {"symbol": "A", "ts": 1, "price": 1}
    assert post(tick) == 503
    write_endpoints(tmp_path, Endpoints(kafka=kafka))
    deadline = time.monotonic() + 60
    while (status := post(tick)) != 200:
        assert (status, time.monotonic() < deadline) == (503, True)
    outbox.check()
    assert len(read(kafka, topics, Topic.TICKS)) == 1
    outbox.close()
