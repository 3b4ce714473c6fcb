"""A Quix sink that stores everything of a checkpoint in one PostgreSQL transaction.

```
 add() ... add()  ->  flush():  1. rows, one transaction     outage -> back-pressure, seek back
                                2. dead letters to Kafka     not taken -> back-pressure
                                3. latest values to Redis    outage -> a warning
                      then Quix commits state and offsets
```
A crash between 1 and the commit repeats the same messages with the same state: the same rows.
"""

import logging
import time
from collections.abc import Callable
from typing import Any

from confluent_kafka import Producer
from prometheus_client import CollectorRegistry, Counter, Histogram
from quixstreams.models import HeadersTuples
from quixstreams.sinks.base import BaseSink, SinkBackpressureError
from sqlalchemy import Engine

from streams.adapters.database import require
from streams.adapters.database.engine import first_line
from streams.adapters.database.rows import Row
from streams.adapters.database.writer import OUTAGE, Batch, Writer
from streams.adapters.latest import Latest, LatestValues
from streams.adapters.records import Record
from streams.adapters.topics import Topics
from streams.domain.errors import ServiceError

logger = logging.getLogger(__name__)

RETRY_SECONDS = 2.0
OUTAGE_SECONDS = 600.0
_PRODUCE_SECONDS = 10.0


class _ArchiveMetrics:
    """What only the archive counts."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.rows = Counter(
            "tapedeck_archive_rows", "Rows stored, repeated ones too", ["table"], registry=registry
        )
        self.flush = Histogram(
            "tapedeck_archive_flush_seconds", "One transaction with all rows", registry=registry
        )
        self.outages = Counter(
            "tapedeck_archive_outages", "Writes put off", ["service"], registry=registry
        )


class ArchiveSink(BaseSink):
    """Takes `Row`, `Latest` and `Record` (dead letters) values; stores them at each checkpoint."""

    def __init__(
        self,
        engine: Engine,
        latest: LatestValues,
        letters: Callable[[], Producer],
        topics: Topics,
        *,
        registry: CollectorRegistry,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`letters` makes the producer of dead letters, when the first one comes."""
        super().__init__(on_client_connect_success=_ignore, on_client_connect_failure=_raise)
        self._engine = engine
        self._writer = Writer(engine)
        self._latest = latest
        self._make_producer = letters
        self._producer: Producer | None = None
        self._topics = topics
        self._clock = clock
        self._metrics = _ArchiveMetrics(registry)
        self._batch = Batch()
        self._letters: list[Record] = []
        self._outage_since: float | None = None

    def setup(self) -> None:
        """Wait for the server; raises ServiceError when its tables are missing or old."""
        require(self._engine)

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
        """Keep a value until the checkpoint."""
        if isinstance(value, Row):
            self._batch.add(value)
        elif isinstance(value, Latest):
            self._latest.add(value)
        else:
            self._letters.append(value)

    def flush(self) -> None:
        """Store what was added; SinkBackpressureError in an outage, ServiceError in a long one."""
        # Quix may give up waiting for a flush and go on: what is added then is another batch's.
        batch, self._batch = self._batch, Batch()
        letters, self._letters = self._letters, []
        if batch:
            self._store(batch)
        if letters:
            self._send(letters)
        if not self._latest.write():
            self._metrics.outages.labels("redis").inc()

    def on_paused(self) -> None:
        """Drop everything: after the pause the same messages come again."""
        self._batch = Batch()
        self._letters = []
        self._latest.clear()

    def _store(self, batch: Batch) -> None:
        try:
            with self._metrics.flush.time():
                self._writer.write(batch)
        except OUTAGE as error:
            self._latest.clear()
            self._metrics.outages.labels("postgres").inc()
            self._put_off(error)
        self._outage_since = None
        for table, count in batch.counts().items():
            self._metrics.rows.labels(table).inc(count)

    def _put_off(self, error: BaseException) -> None:
        now = self._clock()
        if self._outage_since is None:
            self._outage_since = now
        lasted = now - self._outage_since
        if lasted >= OUTAGE_SECONDS:
            raise ServiceError(
                f"archive: expected PostgreSQL back within {OUTAGE_SECONDS:g} s, "
                f"was away for {lasted:.0f} s: {first_line(error)}"
            ) from error
        logger.warning("postgres outage seconds=%.0f error=%s", lasted, first_line(error))
        raise SinkBackpressureError(retry_after=RETRY_SECONDS) from error

    def _send(self, letters: list[Record]) -> None:
        if self._producer is None:
            self._producer = self._make_producer()
        for letter in letters:
            self._producer.produce(
                self._topics.name(letter.topic),
                letter.value,
                letter.key,
                headers=list(letter.headers),
            )
        if self._producer.flush(_PRODUCE_SECONDS):
            self._latest.clear()
            logger.warning("kafka took no dead letters within_s=%g", _PRODUCE_SECONDS)
            raise SinkBackpressureError(retry_after=RETRY_SECONDS)


def _ignore() -> None:
    """Connected: nothing to say."""


def _raise(error: Exception | None) -> None:
    if error is not None:
        raise error
