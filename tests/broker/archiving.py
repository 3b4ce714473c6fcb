"""The archive's sink in this process, and what it is given."""

from collections.abc import Callable
from dataclasses import replace

from confluent_kafka import Producer
from prometheus_client import CollectorRegistry
from sqlalchemy import Engine, text

from streams.adapters.archive_sink import ArchiveSink
from streams.adapters.latest import LatestValues
from streams.adapters.messages import encode_ticks
from streams.adapters.records import Message
from streams.adapters.topics import Topics
from streams.apps.archive import Stored
from streams.domain.bar import Bar
from streams.domain.tick import TickBatch
from tests.fakes import message

TAPE = TickBatch(
    "A", [n * 40_000 for n in range(20)], [100.0 + n for n in range(20)], source="s", first=0
)
BAR = Bar("A", "1m", 60_000, 120_000, 1.0, 2.0, 0.5, 1.5, 9.0, 1.1, 3, 119_000)


def _no_producer() -> Producer:
    raise AssertionError("no dead letter was expected")


def archive_sink(engine: Engine, clock: Callable[[], float] = lambda: 0.0) -> ArchiveSink:
    return ArchiveSink(
        engine,
        LatestValues(None),
        _no_producer,
        Topics(),
        registry=CollectorRegistry(),
        clock=clock,
    )


def add(sink: ArchiveSink, values: list[Stored]) -> None:
    for value in values:
        sink.add(value, "A", 0, [], "any", 0, 0)


def select_rows(engine: Engine, query: str) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def cut(batch: TickBatch, size: int) -> list[Message]:
    """The messages of a tape that is cut into batches of a size."""
    parts = [
        replace(batch, ts=batch.ts[at : at + size], price=batch.price[at : at + size], first=at)
        for at in range(0, len(batch), size)
    ]
    return [message(encode_ticks(part), offset=n) for n, part in enumerate(parts)]
