"""Heartbeats to the `ticks` topic, and which live symbols were there before a restart."""

from collections.abc import Iterator

import msgspec
from confluent_kafka import Producer

from streams.adapters.kafka import producer
from streams.adapters.messages import decode_ticks, encode_ticks
from streams.adapters.offsets import GroupOffsets, TopicReader
from streams.adapters.topics import Topic, Topics
from streams.domain.tick import Mark, TickBatch


class Heartbeats:
    """Sends heartbeat marks for live symbols."""

    def __init__(self, bootstrap_servers: str, topics: Topics) -> None:
        self._topic = topics.name(Topic.TICKS)
        self._producer: Producer = producer(bootstrap_servers)

    def send(self, symbol: str, clock: int) -> None:
        """Tell that no tick of this symbol before `clock` (epoch ms) is to come."""
        mark = TickBatch(symbol, [], [], mark=Mark.HEARTBEAT, clock=clock)
        self._producer.produce(self._topic, encode_ticks(mark), symbol.encode())
        self._producer.poll(0)


def live_symbols(
    bootstrap_servers: str, topics: Topics, span_ms: int
) -> Iterator[tuple[str, int, int]]:
    """(symbol, arrival, last ts) of the live ticks that may have left a bar open before a restart.

    They lie in the `span_ms` before the last message that the group `bars` had committed.
    """
    topic = topics.name(Topic.TICKS)
    reader = TopicReader(bootstrap_servers)
    group = GroupOffsets(bootstrap_servers, topics.group("bars"))
    committed = group.committed(topic, reader.ends(topic))
    group.close()
    starts = reader.starts_before(topic, committed, span_ms)
    for message in reader.read(topic, starts, committed):
        value = message.value() or b""
        if b'"source"' in value:
            continue
        try:
            batch = decode_ticks(value)
        except msgspec.MsgspecError:  # `run bars` has put it among the dead letters
            continue
        if len(batch):
            yield batch.symbol, message.timestamp()[1], max(batch.ts)
    reader.close()
