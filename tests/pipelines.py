"""Running Applications in a test until they have worked off a topic."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from quixstreams import Application

from streams.adapters.kafka import producer
from streams.adapters.messages import decode_bar, encode_ticks
from streams.adapters.offsets import GroupOffsets, TopicReader
from streams.adapters.quix import application
from streams.adapters.settings import Settings
from streams.adapters.topics import Topic, Topics
from streams.apps import bars, signals
from streams.domain.bar import Bar
from streams.domain.tick import TickBatch
from tests.fakes import metrics


@contextmanager
def running(app: Application) -> Iterator[list[BaseException]]:
    """The Application in a thread; what ends it is in the list."""
    errors: list[BaseException] = []

    def run() -> None:
        try:
            app.run(collect=False)
        except BaseException as error:  # handed to the test
            errors.append(error)

    thread = Thread(target=run)
    thread.start()
    try:
        yield errors
    finally:
        app.stop()
        thread.join(30)
        assert not thread.is_alive()


def work_off(app: Application, address: str, group: str, topic: str, seconds: float = 60) -> None:
    """Run the Application until its group has committed all that is in the topic now."""
    reader, offsets = TopicReader(address), GroupOffsets(address, group)
    ends = reader.ends(topic)
    deadline = time.monotonic() + seconds
    with running(app) as errors:
        while not all(offsets.committed(topic, ends)[p] >= end for p, end in ends.items()):
            if errors:
                raise errors[0]
            assert time.monotonic() < deadline, f"{group} did not work off {topic}"
            time.sleep(0.1)
    reader.close()
    offsets.close()
    assert not errors


def work_off_bars(settings: Settings) -> None:
    """`run bars` until every tick is folded."""
    app = application(settings, "bars", commit_interval=0.2)
    bars.build(app, settings, metrics())
    _work_off(app, settings, "bars", Topic.TICKS)


def work_off_signals(settings: Settings) -> None:
    """`run signals` until every bar is analysed."""
    app = application(settings, "signals", commit_interval=0.2)
    signals.build(app, settings, metrics())
    _work_off(app, settings, "signals", Topic.BARS)


def _work_off(app: Application, settings: Settings, pipeline: str, topic: Topic) -> None:
    topics = Topics(settings.topic_prefix)
    address = settings.kafka_bootstrap_servers
    assert address is not None
    work_off(app, address, topics.group(pipeline), topics.name(topic))


def send(settings: Settings, batches: list[TickBatch]) -> None:
    """Tick messages, in order."""
    assert settings.kafka_bootstrap_servers is not None
    to = producer(settings.kafka_bootstrap_servers)
    name = Topics(settings.topic_prefix).name(Topic.TICKS)
    for batch in batches:
        to.produce(name, encode_ticks(batch), batch.symbol.encode())
    assert to.flush(30) == 0


def values(settings: Settings, topic: Topic) -> list[bytes]:
    """Every value of a topic; the order within a symbol is kept."""
    assert settings.kafka_bootstrap_servers is not None
    reader = TopicReader(settings.kafka_bootstrap_servers)
    name = Topics(settings.topic_prefix).name(topic)
    ends = reader.ends(name)
    found = [message.value() for message in reader.read(name, dict.fromkeys(ends, 0), ends)]
    reader.close()
    return found


def final_bars(settings: Settings) -> dict[tuple[str, str, int], Bar]:
    """The table that an upserting reader of `bars` has."""
    bars = (decode_bar(value) for value in values(settings, Topic.BARS))
    return {(bar.symbol, bar.interval, bar.start): bar for bar in bars if bar.final}
