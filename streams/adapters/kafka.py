"""Producers and consumers on confluent-kafka, with the settings that every process shares."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer

from streams.domain.errors import ServiceError

# murmur2 is what Java clients and Quix use: every producer must put a symbol on the same partition.
PRODUCER_CONFIG: Mapping[str, Any] = {
    "acks": "all",
    "enable.idempotence": True,
    "partitioner": "murmur2",
    "compression.type": "lz4",
    "linger.ms": 5,
    "queue.buffering.max.messages": 100_000,
    "queue.buffering.max.kbytes": 65_536,
    "delivery.timeout.ms": 300_000,
    "log_level": 2,
}
# librdkafka reads ahead 64 MB per partition by default: twelve partitions would be 768 MB.
CONSUMER_CONFIG: Mapping[str, Any] = {
    "queued.max.messages.kbytes": 4_096,
    # A killed process holds its partitions until its session ends; the default is 45 s.
    "session.timeout.ms": 6_000,
    "heartbeat.interval.ms": 1_500,
    "fetch.queue.backoff.ms": 10,
    "log_level": 2,
}


def producer(bootstrap_servers: str, **config: Any) -> Producer:
    """An idempotent producer; outages shorter than five minutes are waited out."""
    return Producer({**PRODUCER_CONFIG, "bootstrap.servers": bootstrap_servers, **config})


def consumer(bootstrap_servers: str, group: str, **config: Any) -> Consumer:
    """A consumer that commits only when told to, and starts at the beginning."""
    return Consumer(
        {
            **CONSUMER_CONFIG,
            "bootstrap.servers": bootstrap_servers,
            "group.id": group,
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            **config,
        }
    )


@contextmanager
def kafka_errors(bootstrap_servers: str) -> Iterator[None]:
    """Within the block, what the client raises becomes a ServiceError that names the server."""
    try:
        yield
    except KafkaException as error:
        cause = error.args[0] if error.args else error
        words = cause.str() if isinstance(cause, KafkaError) else str(cause)
        raise ServiceError(f"Kafka at {bootstrap_servers}: {words}") from error
