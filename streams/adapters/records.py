"""What a pipeline is given and what it answers, without the stream library around it."""

from dataclasses import dataclass, field
from typing import Protocol

from streams.adapters.messages import PRODUCED, TRACEPARENT, Headers
from streams.adapters.topics import Topic


@dataclass(frozen=True, slots=True)
class Message:
    """One consumed Kafka message; `timestamp` is the broker's (epoch ms)."""

    topic: str
    partition: int
    offset: int
    key: str | None
    value: bytes
    timestamp: int
    headers: Headers

    @property
    def origin(self) -> str:
        return f"{self.topic}/{self.partition}"

    @property
    def trace(self) -> Headers:
        """The headers that every output carries on: when the tick was sent, and its trace."""
        return [pair for pair in self.headers if pair[0] in (PRODUCED, TRACEPARENT)]


@dataclass(frozen=True, slots=True)
class Record:
    """One message to produce."""

    topic: Topic
    key: str
    value: bytes
    headers: Headers = field(default_factory=list)


class State(Protocol):
    """Bytes by name, of the current message's key; a transaction of the stream library."""

    def get_bytes(self, key: str, default: bytes | None = None) -> bytes | None: ...

    def set_bytes(self, key: str, value: bytes) -> None: ...


class Step(Protocol):
    """A pipeline: one message and the state of its key to the records that follow."""

    def __call__(self, message: Message, state: State) -> list[Record]: ...
