"""The topics: their names under the prefix, and how they are made."""

from dataclasses import dataclass
from enum import StrEnum

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, NewTopic
from confluent_kafka.error import KafkaError

from streams.domain.errors import ServiceError


class Topic(StrEnum):
    TICKS = "ticks"
    CONTEXT = "context"
    BARS = "bars"
    INDICATORS = "indicators"
    SIGNALS = "signals"
    PREDICTIONS = "predictions"
    TAPES = "tapes"
    """Reports of replay runs: per symbol what became of its ticks."""
    DEAD_LETTERS = "dead-letters"


@dataclass(frozen=True, slots=True)
class Topics:
    """Names of topics and consumer groups under one prefix."""

    prefix: str = ""

    def name(self, topic: Topic) -> str:
        return f"{self.prefix}{topic}"

    def group(self, pipeline: str) -> str:
        """The consumer group of a pipeline such as `bars`."""
        return f"{self.prefix}tapedeck-{pipeline}"


# Tapes of 2013 must not fall to retention: the log's time is the append's, event time is in the
# value.
TOPIC_CONFIG = {"message.timestamp.type": "LogAppendTime"}


def create_topics(
    bootstrap_servers: str, topics: Topics, partitions: int, replication: int = -1
) -> list[str]:
    """Make the topics that are missing and return their names; existing ones stay as they are.

    Replicated as the servers' `default.replication.factor` says unless told otherwise. Raises
    ServiceError when the broker cannot be reached or refuses.
    """
    admin = AdminClient({"bootstrap.servers": bootstrap_servers, "log_level": 2})
    wanted = [
        NewTopic(topics.name(topic), partitions, replication, config=TOPIC_CONFIG)
        for topic in Topic
    ]
    made = []
    try:
        for name, future in admin.create_topics(wanted, request_timeout=30).items():
            if _created(future):
                made.append(name)
    except KafkaException as error:
        raise ServiceError(f"topics: {bootstrap_servers} refused: {error.args[0].str()}") from error
    return sorted(made)


def _created(future: object) -> bool:
    try:
        future.result()  # type: ignore[attr-defined]  # confluent_kafka has no types for it
    except KafkaException as error:
        if error.args[0].code() == KafkaError.TOPIC_ALREADY_EXISTS:
            return False
        raise
    return True
