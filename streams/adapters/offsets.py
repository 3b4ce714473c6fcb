"""How far consumer groups have come, and reading a stretch of a topic once."""

import time
from collections.abc import Iterator, Mapping

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from streams.adapters.kafka import consumer
from streams.domain.errors import ServiceError

Offsets = dict[int, int]
"""Partition to offset."""
_TIMEOUT = 10.0
_SETTLE_SECONDS = 60.0

# A new topic has no leader for a moment, a new Kafka no coordinator; one that is away comes back.
_settled = retry(
    retry=retry_if_exception_type(KafkaException),
    stop=stop_after_delay(_SETTLE_SECONDS),
    wait=wait_fixed(0.1),
    reraise=True,
)


class TopicReader:
    """End offsets and messages of topics, without a consumer group's bookkeeping."""

    def __init__(self, bootstrap_servers: str) -> None:
        self._bootstrap_servers = bootstrap_servers
        self._consumer = consumer(bootstrap_servers, "tapedeck-reader")

    def close(self) -> None:
        self._consumer.close()

    def ends(self, topic: str) -> Offsets:
        """The offset after the last message of each partition.

        Raises ServiceError when Kafka does not answer or the topic does not exist.
        """
        try:
            return self._ends(topic)
        except KafkaException as error:
            raise ServiceError(f"topic {topic}: {error.args[0].str()}") from error

    @_settled
    def _ends(self, topic: str) -> Offsets:
        known = self._consumer.list_topics(topic, _TIMEOUT).topics[topic]
        if known.error is not None:
            raise KafkaException(known.error)
        return {
            partition: self._consumer.get_watermark_offsets(
                TopicPartition(topic, partition), _TIMEOUT
            )[1]
            for partition in known.partitions
        }

    def read(
        self, topic: str, start: Mapping[int, int], end: Mapping[int, int]
    ) -> Iterator[Message]:
        """Every message of `[start, end)`, partitions in no particular order.

        A partition without a start is left out.

        Raises ServiceError when Kafka stops answering.
        """
        left = {p: stop for p, stop in end.items() if p in start and stop > start[p]}
        self._consumer.assign([TopicPartition(topic, p, start[p]) for p in left])
        heard = time.monotonic()
        while left:
            # consume() waits out its time-out for a short last batch: keep that short
            messages = self._consumer.consume(500, 0.05)
            if messages:
                heard = time.monotonic()
            elif time.monotonic() - heard > _TIMEOUT:
                raise ServiceError(f"topic {topic}: no message within {_TIMEOUT:g} s")
            for message in messages:
                if message.error() is not None:
                    raise ServiceError(f"topic {topic}: {message.error().str()}")
                partition, offset = message.partition(), message.offset()
                if offset < left.get(partition, 0):
                    yield message
                if offset + 1 >= left.get(partition, offset + 2):
                    del left[partition]
        self._consumer.unassign()

    def starts_before(self, topic: str, at: Mapping[int, int], span_ms: int) -> Offsets:
        """Offsets of the first messages within `span_ms` before the last one of `[0, at)`.

        Times are the log's (LogAppendTime). Partitions without such a message are left out.
        """
        lasts = {partition: offset - 1 for partition, offset in at.items() if offset > 0}
        times = [
            TopicPartition(topic, last.partition(), max(0, last.timestamp()[1] - span_ms))
            for last in self.read(topic, lasts, {p: offset + 1 for p, offset in lasts.items()})
        ]
        found = self._consumer.offsets_for_times(times, _TIMEOUT) if times else []
        return {each.partition: each.offset for each in found if each.offset >= 0}


class GroupOffsets:
    """What one consumer group has committed; asking does not join the group."""

    def __init__(self, bootstrap_servers: str, group: str) -> None:
        self.group = group
        self._consumer: Consumer = consumer(bootstrap_servers, group)

    def close(self) -> None:
        self._consumer.close()

    def committed(self, topic: str, partitions: Mapping[int, int]) -> Offsets:
        """The committed offset of each partition, 0 where none is.

        Raises ServiceError when Kafka does not answer.
        """
        try:
            return self._committed(topic, partitions)
        except KafkaException as error:
            raise ServiceError(f"group {self.group}: {error.args[0].str()}") from error

    @_settled
    def _committed(self, topic: str, partitions: Mapping[int, int]) -> Offsets:
        wanted = [TopicPartition(topic, partition) for partition in partitions]
        found = self._consumer.committed(wanted, _TIMEOUT)
        return {at.partition: max(0, at.offset) for at in found}
