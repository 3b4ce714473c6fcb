"""`run deliver` on a real Kafka: committed only after the sink has accepted."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from streams.adapters.kafka import consumer, producer
from streams.adapters.messages import decode_dead_letter
from streams.adapters.offsets import GroupOffsets, TopicReader
from streams.adapters.quix import application
from streams.adapters.settings import Settings
from streams.adapters.signal_events import signal_event
from streams.adapters.topics import Topic, Topics, create_topics
from streams.apps.deliver import build
from streams.domain.errors import DeliveryError
from streams.domain.signal import Side, Signal, signal_id
from tests.fakes import metrics, settings
from tests.pipelines import running
from tests.scripted_sink import Sink, sinking, wait_until


@pytest.fixture
def wired(kafka: str, tmp_path: Path) -> Settings:
    """Settings with topics of their own."""
    prefix = f"deliver-{uuid.uuid4().hex[:8]}-"
    create_topics(kafka, Topics(prefix), 3)
    return settings(
        KAFKA_BOOTSTRAP_SERVERS=kafka,
        TAPEDECK_TOPIC_PREFIX=prefix,
        TAPEDECK_PARTITIONS=3,
        TAPEDECK_HOME=tmp_path,
    )


def to_sink(wired: Settings, sink: Sink, retry: float = 300) -> Settings:
    return wired.model_copy(update={"sink": sink.url, "deliver_retry": retry})


@contextmanager
def delivering(wired: Settings) -> Iterator[list[BaseException]]:
    """The pipeline in a thread; yields the errors that end it."""
    app = application(wired, "deliver")
    build(app, wired, metrics())
    with running(app) as errors:
        yield errors


def send(wired: Settings, *signals: tuple[str, int]) -> None:
    to = producer(wired.kafka_bootstrap_servers or "")
    for symbol, start in signals:
        signal = Signal(
            signal_id(symbol, "5m", start, "breakout"), start + 300_000, symbol, "5m",
            "breakout", Side.BUY, 1.5, 0.1, True, "crossed",
        )  # fmt: skip
        headers, value = signal_event(signal, [("produced", b"17")])
        to.produce(Topics(wired.topic_prefix).name(Topic.SIGNALS), value, symbol, headers=headers)
    assert to.flush(30) == 0


def left(wired: Settings) -> int:
    """Messages that are not committed."""
    address, names = wired.kafka_bootstrap_servers or "", Topics(wired.topic_prefix)
    topic = names.name(Topic.SIGNALS)
    ends = TopicReader(address).ends(topic)
    offsets = GroupOffsets(address, names.group("deliver"))
    done = offsets.committed(topic, ends)
    offsets.close()
    return sum(max(0, end - max(0, done[partition])) for partition, end in ends.items())


def test_signals_arrive_in_order_per_symbol_and_are_committed(wired: Settings) -> None:
    with sinking(Sink([503, 202])) as sink:
        wired = to_sink(wired, sink)
        send(wired, *((symbol, start) for start in range(0, 20) for symbol in ("A", "B", "C")))
        with delivering(wired):
            wait_until(lambda: len(sink.got) >= 61, "posted")
            wait_until(lambda: left(wired) == 0, "committed")
    for symbol in "ABC":
        seen = [name for name in sink.ids if name.startswith(f"{symbol}/")]
        assert list(dict.fromkeys(seen)) == [f"{symbol}/5m/{n}/breakout" for n in range(20)]
    assert len(sink.ids) == 61
    assert sink.got[0][0]["ce-producedms"] == "17"


def test_nothing_is_committed_while_the_sink_is_down(wired: Settings) -> None:
    with sinking(Sink([503])) as sink:
        wired = to_sink(wired, sink)
        send(wired, ("A", 0))
        with delivering(wired):
            wait_until(lambda: len(sink.got) >= 2, "tried")
        assert left(wired) == 1
        sink.statuses = [202]
        with delivering(wired):
            wait_until(lambda: left(wired) == 0, "committed")
    assert set(sink.ids) == {"A/5m/0/breakout"}


def test_when_the_budget_is_spent_the_process_stops_and_commits_nothing(wired: Settings) -> None:
    with sinking(Sink([503])) as sink:
        wired = to_sink(wired, sink, retry=0.5)
        send(wired, ("A", 0))
        with delivering(wired) as errors:
            wait_until(lambda: bool(errors), "stopped")
        assert isinstance(errors[0], DeliveryError)
        assert left(wired) == 1


def test_poison_goes_to_the_dead_letters_and_the_rest_goes_on(wired: Settings) -> None:
    address, names = wired.kafka_bootstrap_servers or "", Topics(wired.topic_prefix)
    with sinking(Sink([422, 202])) as sink:
        wired = to_sink(wired, sink)
        send(wired, ("A", 0), ("A", 1))
        foreign = producer(address)
        foreign.produce(names.name(Topic.SIGNALS), b"no event", "A")
        assert foreign.flush(30) == 0
        with delivering(wired):
            wait_until(lambda: left(wired) == 0, "committed")
    assert sink.ids == ["A/5m/0/breakout", "A/5m/1/breakout"]
    reader = consumer(address, f"{names.prefix}letters")
    reader.subscribe([names.name(Topic.DEAD_LETTERS)])
    letters = [m for m in reader.consume(2, 30) if m is not None and m.error() is None]
    reader.close()
    found = {decode_dead_letter(m.value(), m.headers()).reason: m.value() for m in letters}
    assert found.keys() == {"refused_422", "not_an_event"}
    assert found["not_an_event"] == b"no event"
