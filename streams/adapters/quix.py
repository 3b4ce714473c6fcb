"""Quix Streams, wrapped: an Application per pipeline, and a step from one topic to others.

Imported by pipelines only: quixstreams costs two seconds and 76 MB.
"""

import signal
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from quixstreams import Application
from quixstreams.checkpointing.exceptions import CheckpointProducerTimeout
from quixstreams.context import message_context
from quixstreams.dataframe import StreamingDataFrame
from quixstreams.kafka.exceptions import BaseKafkaException, KafkaBrokerUnavailableError
from quixstreams.models import Topic as QuixTopic
from quixstreams.models import TopicConfig
from quixstreams.models.serializers import Serializer
from quixstreams.models.topics.exceptions import TopicNotFoundError
from quixstreams.state.rocksdb import RocksDBOptions
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from streams.adapters.endpoints import kafka_address
from streams.adapters.kafka import CONSUMER_CONFIG, PRODUCER_CONFIG
from streams.adapters.messages import Headers
from streams.adapters.records import Message, Record, Step
from streams.adapters.settings import Settings
from streams.adapters.topics import TOPIC_CONFIG, Topic, Topics
from streams.domain.errors import ServiceError

# Stores are small (a few hundred bytes a symbol); the library's defaults are for gigabytes.
_STORE = RocksDBOptions(
    write_buffer_size=8 << 20, target_file_size_base=8 << 20, block_cache_size=16 << 20
)
# The library looks for a topic as soon as it has made it; a busy Kafka does not know it yet.
_until_known = retry(
    retry=retry_if_exception_type(TopicNotFoundError),
    stop=stop_after_delay(30),
    wait=wait_fixed(0.2),
    reraise=True,
)
_OUTAGES = (BaseKafkaException, CheckpointProducerTimeout, KafkaBrokerUnavailableError)


class _RecordValue(Serializer):
    def __call__(self, value: Record, ctx: Any) -> bytes:
        return value.value


class AnyThreadApplication(Application):
    """An Application that can run in any thread: only the main one may take signals."""

    def _setup_signal_handlers(self) -> None:
        if threading.current_thread() is threading.main_thread():
            super()._setup_signal_handlers()  # type: ignore[no-untyped-call]  # untyped there


def application(
    settings: Settings,
    pipeline: str,
    consumer_config: Mapping[str, Any] | None = None,
    **overrides: Any,
) -> Application:
    """The Application of one pipeline: its consumer group, state folder and client settings.

    Raises ServiceError when the settings name no Kafka and none is running.
    """
    options: dict[str, Any] = {
        "broker_address": kafka_address(settings),
        "consumer_group": Topics(settings.topic_prefix).group(pipeline),
        "auto_offset_reset": "earliest",
        "commit_interval": 1.0,
        "consumer_poll_timeout": 0.5,
        "consumer_extra_config": {**CONSUMER_CONFIG, **(consumer_config or {})},
        "producer_extra_config": dict(PRODUCER_CONFIG),
        "state_dir": settings.home / "state",
        "rocksdb_options": _STORE,
        # A committed offset that fell off the log means lost input: stop and say so.
        "auto_recover_from_source_offset_out_of_range": False,
        "loglevel": None,
    }
    return AnyThreadApplication(**(options | overrides))


@_until_known
def topic(app: Application, settings: Settings, which: Topic) -> QuixTopic:
    """A topic whose values are bytes when read and Records when written."""
    return app.topic(
        Topics(settings.topic_prefix).name(which),
        value_deserializer="bytes",
        key_deserializer="bytes",
        value_serializer=_RecordValue(),
        key_serializer="str",
        config=TopicConfig(
            num_partitions=settings.partitions, replication_factor=-1, extra_config=TOPIC_CONFIG
        ),
    )


@_until_known
def stateful(
    dataframe: StreamingDataFrame, call: Callable[[Any, Any, int, Any, Any], Iterable[Any]]
) -> StreamingDataFrame:
    """The stream of all that `call` returns for a value, with the state of its key."""
    return dataframe.apply(call, stateful=True, expand=True, metadata=True)


def message_of(value: bytes | None, key: bytes | None, timestamp: int, headers: Any) -> Message:
    """The message that is being processed."""
    at = message_context()
    return Message(
        topic=at.topic,
        partition=at.partition,
        offset=at.offset,
        key=None if key is None else key.decode("utf-8", "replace"),
        value=value or b"",
        timestamp=timestamp,
        headers=_headers(headers),
    )


def _headers(headers: Any) -> Headers:
    if not headers:
        return []
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    return [(name, value or b"") for name, value in pairs]


def connect(
    app: Application, settings: Settings, source: Topic, step: Step, outputs: Iterable[Topic]
) -> None:
    """Run `step` on every message of `source`, with the state of its key; produce its records."""
    targets = {which: topic(app, settings, which) for which in outputs}

    def call(value: bytes, key: bytes, timestamp: int, headers: Any, state: Any) -> list[Record]:
        return step(message_of(value, key, timestamp, headers), state)

    dataframe = stateful(app.dataframe(topic(app, settings, source)), call)
    dataframe = dataframe.set_headers(lambda record, *_: record.headers)
    dataframe.to_topic(lambda record, *_: targets[record.topic], key=lambda record: record.key)


def run_all(apps: list[Application]) -> None:
    """Run the Applications until SIGTERM or SIGINT, or until one fails; raises its error.

    One runs in this thread; several run in a thread each and stop together. Raises ServiceError
    when Kafka was away for longer than its clients wait.
    """
    if len(apps) == 1:
        _until_stopped(apps[0])
        return
    errors: list[BaseException] = []
    threads = [threading.Thread(target=_run, args=(app, apps, errors)) for app in apps]

    def stop(*_: object) -> None:
        for app in apps:
            app.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def _until_stopped(app: Application) -> None:
    try:
        app.run(collect=False)
    except _OUTAGES as error:
        raise ServiceError(f"Kafka: {error}") from error


def _run(app: Application, apps: list[Application], errors: list[BaseException]) -> None:
    try:
        _until_stopped(app)
    except BaseException as error:  # handed to the main thread, which raises it
        errors.append(error)
    finally:
        for other in apps:
            other.stop()
