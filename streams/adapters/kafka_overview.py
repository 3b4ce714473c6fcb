"""What is in Kafka: topics with their ends, and how far behind each consumer group is."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from confluent_kafka import (
    ConsumerGroupTopicPartitions,
    KafkaException,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, OffsetSpec
from confluent_kafka.error import KafkaError
from tenacity import retry, retry_if_exception, stop_after_delay, wait_fixed

from streams.domain.errors import ServiceError

_TIMEOUT = 10.0
# The partitions of a topic that has just been made have no leader for a moment.
_PASSING = (
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
)
Ends = dict[tuple[str, int], int]
"""(topic, partition) to the offset after its last message."""


@dataclass(frozen=True, slots=True)
class TopicEnd:
    """A topic: its partitions, and the offsets after their last messages, summed."""

    name: str
    partitions: int
    messages: int


@dataclass(frozen=True, slots=True)
class GroupLag:
    """How many messages of a topic a consumer group has not committed yet."""

    group: str
    topic: str
    lag: int


def topic_names(bootstrap_servers: str) -> set[str]:
    """Names of all topics but the internal ones; raises ServiceError when Kafka is away."""
    return set(_partitions(_admin(bootstrap_servers), bootstrap_servers))


def topic_ends(bootstrap_servers: str, prefix: str = "") -> list[TopicEnd]:
    """Topics that begin with the prefix, by name; raises ServiceError when Kafka is away."""
    admin = _admin(bootstrap_servers)
    found = _partitions(admin, bootstrap_servers)
    counts = {name: count for name, count in found.items() if name.startswith(prefix)}
    messages: dict[str, int] = defaultdict(int)
    for (name, _), end in _ends(admin, counts).items():
        messages[name] += end
    return [TopicEnd(name, counts[name], messages[name]) for name in sorted(counts)]


def group_lags(bootstrap_servers: str, prefix: str) -> list[GroupLag]:
    """Lag per group that begins with the prefix, and topic; ServiceError when Kafka is away."""
    admin = _admin(bootstrap_servers)
    counts = _partitions(admin, bootstrap_servers)
    groups = _result(admin.list_consumer_groups(request_timeout=_TIMEOUT)).valid
    names = sorted(each.group_id for each in groups if each.group_id.startswith(prefix))
    committed = {name: _committed(admin, name) for name in names}
    topics = {topic for offsets in committed.values() for topic, _ in offsets}
    ends = _ends(admin, {topic: counts[topic] for topic in topics if topic in counts})
    return [lag for name in names for lag in _lags(name, committed[name], ends)]


def _lags(group: str, committed: Ends, ends: Ends) -> list[GroupLag]:
    lags: dict[str, int] = defaultdict(int)
    for at, offset in committed.items():
        lags[at[0]] += max(0, ends.get(at, offset) - offset)
    return [GroupLag(group, topic, lags[topic]) for topic in sorted(lags)]


def _admin(bootstrap_servers: str) -> AdminClient:
    return AdminClient({"bootstrap.servers": bootstrap_servers, "log_level": 2})


def _partitions(admin: AdminClient, bootstrap_servers: str) -> dict[str, int]:
    try:
        topics: Mapping[str, Any] = admin.list_topics(timeout=_TIMEOUT).topics
    except KafkaException as error:
        raise ServiceError(f"Kafka at {bootstrap_servers}: {error.args[0].str()}") from error
    return {
        name: len(topic.partitions) for name, topic in topics.items() if not name.startswith("__")
    }


def _ends(admin: AdminClient, counts: Mapping[str, int]) -> Ends:
    wanted = {
        TopicPartition(name, partition): OffsetSpec.latest()
        for name, count in counts.items()
        for partition in range(count)
    }
    if not wanted:
        return {}
    try:
        return _settled_ends(admin, wanted)
    except KafkaException as error:
        raise ServiceError(f"Kafka: {error.args[0].str()}") from error


def _is_passing(error: BaseException) -> bool:
    return isinstance(error, KafkaException) and error.args[0].code() in _PASSING


@retry(
    retry=retry_if_exception(_is_passing),
    wait=wait_fixed(0.1),
    stop=stop_after_delay(_TIMEOUT),
    reraise=True,
)
def _settled_ends(admin: AdminClient, wanted: Mapping[TopicPartition, OffsetSpec]) -> Ends:
    found = admin.list_offsets(wanted, request_timeout=_TIMEOUT)
    return {(at.topic, at.partition): each.result().offset for at, each in found.items()}


def _committed(admin: AdminClient, group: str) -> Ends:
    asked = admin.list_consumer_group_offsets(
        [ConsumerGroupTopicPartitions(group)], request_timeout=_TIMEOUT
    )
    found: Iterable[TopicPartition] = _result(asked[group]).topic_partitions
    return {(at.topic, at.partition): at.offset for at in found if at.offset >= 0}


def _result(future: "Future[Any]") -> Any:
    try:
        return future.result()
    except KafkaException as error:
        raise ServiceError(f"Kafka: {error.args[0].str()}") from error
