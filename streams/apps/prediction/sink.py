"""A Quix sink that predicts: at once while rows are fresh, in portions while it is behind.

```
 add()   row is fresh            -> predict what is held, this one included, and produce
         row is older than LIVE  -> hold it; predict when PORTION rows are held
 flush() at each checkpoint      -> predict the rest, wait until Kafka has it, then Quix commits
```
A hundred rows of one set of models cost little more than one, so a backlog is worked off a portion
at a time. A crash before the commit repeats rows: the same models say the same of them again, and
every reader goes by symbol, interval and start.
"""

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import msgspec
from confluent_kafka import KafkaException
from prometheus_client import CollectorRegistry, Counter, Histogram
from quixstreams.models import HeadersTuples
from quixstreams.sinks.base import BaseSink, SinkBackpressureError

from streams.adapters.letters import message_letter
from streams.adapters.messages import decode_indicators, encode
from streams.adapters.metrics import PipelineMetrics
from streams.adapters.records import Message, Record
from streams.adapters.topics import Topic
from streams.apps.prediction.engine import Engine
from streams.domain.errors import ServiceError
from streams.domain.indicator_row import IndicatorRow

logger = logging.getLogger(__name__)

LIVE_SECONDS = 1.0
PORTION = 256
_FLUSH_SECONDS = 10.0
_RETRY_SECONDS = 2.0
_BUCKETS = (0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.25, 1.0)


class Outlet(Protocol):
    """The part of a Kafka producer that is used here."""

    def produce(self, topic: str, value: bytes, key: str, *, headers: Any) -> None: ...
    def poll(self, timeout: float) -> int: ...
    def flush(self, timeout: float) -> int: ...


class _Metrics:
    """What only this pipeline counts."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.seconds = Histogram(
            "tapedeck_predict_seconds",
            "All models of one portion of rows, per row",
            buckets=_BUCKETS,
            registry=registry,
        )
        self.rows = Counter(
            "tapedeck_predict_rows", "Rows seen, by what became of them", ["what"],
            registry=registry,
        )  # fmt: skip


class PredictSink(BaseSink):
    """Takes `Message` values of the topic `indicators`; produces to `predictions`."""

    def __init__(
        self,
        engine: Engine,
        outlet: Outlet,
        names: Mapping[Topic, str],
        metrics: PipelineMetrics,
        watch: Callable[[IndicatorRow], None],
        now: Callable[[], float] = time.time,
    ) -> None:
        """`watch` is shown every row, before it is predicted; `now` is the epoch's seconds."""
        super().__init__(on_client_connect_success=lambda: None)
        self._engine = engine
        self._outlet = outlet
        self._names = names
        self._metrics = metrics
        self._own = _Metrics(metrics.registry)
        self._watch = watch
        self._now = now
        self._held: list[tuple[IndicatorRow, Message]] = []

    def setup(self) -> None:
        """Nothing to connect: the producer connects by itself."""

    def add(  # noqa: PLR0913  # the library's signature
        self,
        value: Any,
        key: Any,
        timestamp: int,
        headers: HeadersTuples,
        topic: str,
        partition: int,
        offset: int,
    ) -> None:
        """Predict it, or hold it for a portion."""
        message: Message = value
        self._metrics.messages.inc()
        try:
            row = decode_indicators(message.value)
        except msgspec.MsgspecError as error:
            self._metrics.rejected.inc()
            letter = message_letter(message, "predict", "bad_message", f"indicators: {error}")
            self._produce(letter)
            return
        self._watch(row)
        self._held.append((row, message))
        fresh = self._now() - message.timestamp / 1_000 <= LIVE_SECONDS
        if fresh or len(self._held) >= PORTION:
            self._predict()

    def flush(self) -> None:
        """Return when Kafka has everything that was added; SinkBackpressureError until then."""
        self._predict()
        if self._outlet.flush(_FLUSH_SECONDS):
            logger.warning("kafka took no predictions within_s=%g", _FLUSH_SECONDS)
            raise SinkBackpressureError(retry_after=_RETRY_SECONDS)

    def on_paused(self) -> None:
        """Drop what is held: after the pause the same messages come again."""
        self._held = []

    def _predict(self) -> None:
        held, self._held = self._held, []
        if not held:
            return
        began = time.perf_counter()
        said = self._engine.predict([row for row, _ in held])
        self._own.seconds.observe((time.perf_counter() - began) / len(held))
        for (row, message), prediction in zip(held, said, strict=True):
            self._own.rows.labels("predicted" if prediction else "skipped").inc()
            if prediction is not None:
                self._produce(
                    Record(Topic.PREDICTIONS, row.symbol, encode(prediction), message.trace)
                )

    def _produce(self, record: Record) -> None:
        """Wait while the producer's queue is full; raises ServiceError when Kafka refuses."""
        while True:
            try:
                self._outlet.produce(
                    self._names[record.topic], record.value, record.key, headers=record.headers
                )
                break
            except BufferError:
                self._outlet.poll(0.1)
            except KafkaException as error:
                raise ServiceError(f"Kafka refused: {error.args[0].str()}") from error
        self._outlet.poll(0)
        self._metrics.outputs.inc()
