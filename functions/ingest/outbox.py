"""Kafka as the function needs it: what `send` returns from is stored, else it raises in time.

One thread connects, makes missing topics, and then commits in groups: what has come in while the
last group was on its way is the next one. It starts with the first use: after gunicorn's fork, and
with Kafka up or not.

    requests   A B    C D E F                answered
    thread        |A B|      |C D E F|       A and B, then the others
"""

import logging
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future

from confluent_kafka import KafkaException, Producer

from functions.ingest.receipt import Receipt
from streams.adapters.endpoints import kafka_address
from streams.adapters.kafka import PRODUCER_CONFIG, kafka_errors, producer
from streams.adapters.records import Record
from streams.adapters.settings import Settings
from streams.adapters.topics import Topic, Topics, create_topics
from streams.domain.errors import ServiceError, TapedeckError

logger = logging.getLogger(__name__)

DEADLINE_SECONDS = 8.0
"""Until a request is answered with 503: well within the `timeoutSeconds` of the manifest."""
_ANSWER_SECONDS = 2.0
_RETRY_SECONDS = 0.5
_FLUSH_SECONDS = 5.0
# How long a group waits for company: what linger.ms says, and flush() does not heed.
_LINGER_SECONDS = PRODUCER_CONFIG["linger.ms"] / 1_000
# How long a group waits for a partition that does not answer before the next one goes off.
_GROUP_SECONDS = 0.1


class Outbox:
    """Sends records to their topics; one per process."""

    def __init__(self, settings: Settings, deadline: float = DEADLINE_SECONDS) -> None:
        """Nothing is connected before the first use."""
        self._settings = settings
        self._deadline = deadline
        self._topics = Topics(settings.topic_prefix)
        self._names = {topic: self._topics.name(topic) for topic in Topic}
        self._start = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._made: Future[Producer] = Future()
        self._trouble = "Kafka: expected a connection, was not made yet"
        self._waiting: deque[Receipt] = deque()
        self._arrived = threading.Event()
        self._complete: list[Receipt] = []

    def send(self, records: Sequence[Record]) -> None:
        """Return when every record is stored.

        Raises ServiceError when that takes too long or Kafka refuses; some may be stored then.
        """
        receipt = Receipt(records, self._complete, self._deadline)
        self._ready(self._deadline)
        self._waiting.append(receipt)
        self._arrived.set()
        receipt.wait()

    def check(self) -> None:
        """Raises ServiceError when Kafka does not answer now."""
        to = self._ready(_ANSWER_SECONDS)
        with kafka_errors(kafka_address(self._settings)):
            to.list_topics(self._names[Topic.TICKS], _ANSWER_SECONDS)

    def close(self) -> None:
        """Hand over what is still queued and stop the thread."""
        self._stop.set()
        self._arrived.set()
        if self._thread is not None:
            self._thread.join(_FLUSH_SECONDS)
        if self._made.done() and (left := self._made.result().flush(_FLUSH_SECONDS)):
            logger.warning("kafka took not all at the end messages=%d", left)

    def _ready(self, seconds: float) -> Producer:
        """The producer, once it is connected."""
        if self._thread is None:
            self._begin()
        try:
            return self._made.result(seconds)
        except TimeoutError:
            raise ServiceError(self._trouble) from None

    def _begin(self) -> None:
        with self._start:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set() and not self._made.done():
            try:
                self._made.set_result(self._connect())
            except TapedeckError as error:
                if str(error) != self._trouble:
                    logger.warning("kafka outage error=%s", error)
                self._trouble = str(error)
                self._stop.wait(_RETRY_SECONDS)
        under_way = 0
        while not self._stop.is_set():
            if not under_way:
                self._arrived.wait()
            self._arrived.clear()
            under_way = self._commit_group(self._made.result())

    def _commit_group(self, to: Producer) -> int:
        """Send what waits, and release what is reported; returns how many messages are not yet."""
        self._stop.wait(_LINGER_SECONDS)
        while self._waiting:
            self._hand_over(to, self._waiting.popleft())
        under_way = int(to.flush(_GROUP_SECONDS))  # sends at once, and takes the reports
        for receipt in self._complete:
            receipt.release()
        self._complete.clear()
        return under_way

    def _hand_over(self, to: Producer, receipt: Receipt) -> None:
        if not receipt.awaited:
            return
        try:
            for record in receipt.records:
                to.produce(
                    self._names[record.topic],
                    record.value,
                    record.key.encode(),
                    headers=record.headers,
                    on_delivery=receipt.reported,
                )
        except BufferError:
            receipt.refuse("no room in the queue")
        except KafkaException as error:
            receipt.refuse(error.args[0].str())

    def _connect(self) -> Producer:
        """A producer whose topics are there."""
        address = kafka_address(self._settings)
        made = producer(address, **{"delivery.timeout.ms": int(self._deadline * 900)})
        with kafka_errors(address):
            known = made.list_topics(timeout=_ANSWER_SECONDS).topics
        needed = {self._names[t] for t in (Topic.TICKS, Topic.CONTEXT, Topic.DEAD_LETTERS)}
        if not needed <= known.keys():
            create_topics(address, self._topics, self._settings.partitions)
        logger.info("connected kafka=%s", address)
        return made
