"""Who is in a consumer group now, and the removal of everything under a prefix."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from confluent_kafka import ConsumerGroupState, KafkaException
from confluent_kafka.admin import AdminClient
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from streams.domain.errors import ServiceError

_TIMEOUT = 10.0
_SETTLED = 30.0


@dataclass(frozen=True, slots=True)
class GroupView:
    """A consumer group as its coordinator sees it."""

    stable: bool
    """No rebalance is under way."""
    shares: tuple[int, ...]
    """How many partitions each member holds, those of all topics together."""


class GroupWatch:
    """Looks at one consumer group; looking does not join it."""

    def __init__(self, bootstrap_servers: str, group: str) -> None:
        self._admin = _admin(bootstrap_servers)
        self._group = group

    def look(self) -> GroupView:
        """A group that nobody has joined yet is stable and has no member.

        Raises ServiceError when Kafka does not answer.
        """
        try:
            found = self._described()
        except KafkaException as error:
            raise ServiceError(f"group {self._group}: {error.args[0]}") from error
        members = [len(each.assignment.topic_partitions) for each in found.members]
        passing = (
            ConsumerGroupState.PREPARING_REBALANCING,
            ConsumerGroupState.COMPLETING_REBALANCING,
        )
        return GroupView(found.state not in passing, tuple(sorted(members)))

    # A new Kafka has no coordinator for a moment, and a new topic of offsets no leader.
    @retry(
        retry=retry_if_exception_type(KafkaException),
        stop=stop_after_delay(_SETTLED),
        wait=wait_fixed(0.1),
        reraise=True,
    )
    def _described(self) -> Any:
        asked = self._admin.describe_consumer_groups([self._group], request_timeout=_TIMEOUT)
        return asked[self._group].result()


def remove_prefix(bootstrap_servers: str, prefix: str) -> None:
    """Delete every topic and every idle consumer group whose name begins with the prefix.

    Changelog topics of such groups too. Raises ServiceError when Kafka refuses, ValueError for an
    empty prefix: that would be everything.
    """
    if not prefix:
        raise ValueError("remove_prefix: expected a prefix, was empty")
    admin = _admin(bootstrap_servers)
    try:
        names = admin.list_topics(timeout=_TIMEOUT).topics
        _finish(admin.delete_topics, _of(names, prefix) + _of(names, f"changelog__{prefix}"))
        groups = admin.list_consumer_groups(request_timeout=_TIMEOUT).result().valid
        _finish(admin.delete_consumer_groups, _of((each.group_id for each in groups), prefix))
    except KafkaException as error:
        raise ServiceError(f"remove {prefix}*: {error.args[0].str()}") from error


def _of(names: Iterable[str], prefix: str) -> list[str]:
    return [name for name in names if name.startswith(prefix)]


def _finish(delete: Any, names: list[str]) -> None:
    for future in delete(names, request_timeout=_TIMEOUT).values() if names else ():
        future.result()


def _admin(bootstrap_servers: str) -> AdminClient:
    return AdminClient({"bootstrap.servers": bootstrap_servers, "log_level": 2})
