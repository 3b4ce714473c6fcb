"""Stand-ins for what the stream library gives a pipeline."""

from prometheus_client import CollectorRegistry

from streams.adapters.messages import Headers
from streams.adapters.metrics import Metrics, PipelineMetrics
from streams.adapters.records import Message
from streams.adapters.settings import Settings


class FakeState(dict[str, bytes]):
    """The state of one key, in memory."""

    def get_bytes(self, key: str, default: bytes | None = None) -> bytes | None:
        return self.get(key, default)

    def set_bytes(self, key: str, value: bytes) -> None:
        self[key] = value


def metrics() -> PipelineMetrics:
    return Metrics(CollectorRegistry()).of("test")


def settings(**values: object) -> Settings:
    """Settings from arguments only, by the names of their variables; no `.env` is read."""
    return Settings(_env_file=None, **values)  # type: ignore[arg-type, call-arg]


def message(
    value: bytes,
    key: str | None = "A",
    offset: int = 0,
    *,
    topic: str = "ticks",
    partition: int = 0,
    headers: Headers | None = None,
) -> Message:
    return Message(topic, partition, offset, key, value, 0, headers or [])
