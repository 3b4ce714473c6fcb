"""Where a replay's messages go: Kafka, or nowhere (`--dry-run`)."""

import threading
import time
from typing import Any, Protocol

from confluent_kafka import KafkaException

from streams.adapters.endpoints import kafka_address
from streams.adapters.kafka import producer
from streams.adapters.messages import PRODUCED, Headers, dead_letter_headers
from streams.adapters.settings import Settings
from streams.adapters.topics import Topic, Topics, create_topics
from streams.domain.dead_letter import DeadLetter
from streams.domain.errors import ServiceError

_FLUSH_SECONDS = 330.0  # a little longer than the producer itself waits out an outage
_SLICE_SECONDS = 0.5  # after which a stop is noticed


class Sink(Protocol):
    """Takes the messages of a replay."""

    def ticks(self, symbol: str, value: bytes) -> None:
        """Send one `ticks` message."""

    def reject(self, letter: DeadLetter) -> None:
        """Send one dead letter."""

    def finish(self) -> bool:
        """True when everything is stored, False when a stop came first.

        Raises ServiceError when something cannot be stored.
        """


class DrySink:
    """Takes everything, keeps nothing."""

    def ticks(self, symbol: str, value: bytes) -> None:
        """Nothing is sent."""

    def reject(self, letter: DeadLetter) -> None:
        """Nothing is sent."""

    def finish(self) -> bool:
        """Nothing is waited for."""
        return True


class KafkaSink:
    """Sends to the topics, makes them where they are missing, and waits when the queue is full.

    A set `stop` ends every wait, also for a Kafka that is away: what is not stored then is lost.
    """

    def __init__(self, settings: Settings, stop: threading.Event, *, linger_ms: float = 20) -> None:
        self._stop = stop
        address = kafka_address(settings)
        topics = Topics(settings.topic_prefix)
        create_topics(address, topics, settings.partitions)
        self._ticks = topics.name(Topic.TICKS)
        self._dead_letters = topics.name(Topic.DEAD_LETTERS)
        self._complete = True
        self._lost: list[str] = []
        self._producer = producer(
            address,
            on_delivery=self._delivered,
            **{"delivery.report.only.error": True, "linger.ms": linger_ms, "batch.size": 1_000_000},
        )

    def ticks(self, symbol: str, value: bytes) -> None:
        """Send one `ticks` message, stamped with the time of sending."""
        now = str(time.time_ns() // 1_000_000).encode()
        self._send(self._ticks, symbol.encode(), value, [(PRODUCED, now)])

    def reject(self, letter: DeadLetter) -> None:
        """Send one dead letter."""
        headers = dead_letter_headers(letter)
        self._send(self._dead_letters, letter.origin.encode(), letter.raw, headers)

    def finish(self) -> bool:
        """True when every message is acknowledged; raises ServiceError when one is not."""
        deadline = time.monotonic() + _FLUSH_SECONDS
        while left := self._producer.flush(_SLICE_SECONDS):
            self._check()
            if self._stop.is_set():
                return False
            if time.monotonic() > deadline:
                raise ServiceError(
                    f"Kafka: expected every message to be stored, {left} still are not"
                )
        self._check()
        return self._complete

    def _send(self, topic: str, key: bytes, value: bytes, headers: Headers) -> None:
        while not self._stop.is_set():
            try:
                self._producer.produce(topic, value, key, headers=headers)
                break
            except BufferError:
                self._producer.poll(_SLICE_SECONDS)
                self._check()
            except KafkaException as error:
                raise ServiceError(f"Kafka refused a message: {error.args[0].str()}") from error
        else:
            self._complete = False
        self._producer.poll(0)

    def _delivered(self, error: Any, message: Any) -> None:
        if error is not None:
            self._lost.append(f"{message.topic()}: {error.str()}")

    def _check(self) -> None:
        if self._lost:
            raise ServiceError(
                f"Kafka: expected every message to be stored, {len(self._lost)} were not; "
                f"the first: {self._lost[0]}; run the same replay again"
            )
