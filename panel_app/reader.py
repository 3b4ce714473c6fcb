"""The one Kafka reader of the process: bars, indicators and signals into the store."""

import logging
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence

import msgspec
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from panel_app.feed import Feed
from panel_app.store import Store
from streams.adapters.kafka import consumer
from streams.adapters.messages import decode_bar, decode_indicators, decode_signal
from streams.adapters.topics import Topic, Topics
from streams.domain.errors import ConfigError
from streams.domain.interval import interval_ms

logger = logging.getLogger(__name__)

TOPICS = (Topic.BARS, Topic.INDICATORS, Topic.SIGNALS)
_ROUND = 500
_RETRY_S = 1.0


class Reader:
    """Reads every partition from at most `tail` messages before its end; commits nothing.

    Topics that do not exist yet are waited for, and an outage of Kafka is waited out.
    """

    def __init__(
        self, bootstrap_servers: str, topics: Topics, store: Store, feed: Feed, tail: int
    ) -> None:
        self._servers = bootstrap_servers
        self._names = {topics.name(topic): topic for topic in TOPICS}
        self._store = store
        self._feed = feed
        self._tail = tail
        self._stop = threading.Event()
        self._down = threading.Event()
        self._behind: set[tuple[str, int]] = set()
        self._thread = threading.Thread(target=self._run, name="reader", daemon=True)
        self._take: Mapping[Topic, Callable[[bytes], None]] = {
            Topic.BARS: lambda value: store.put_bar(decode_bar(value)),
            Topic.INDICATORS: lambda value: store.put_indicators(decode_indicators(value)),
            Topic.SIGNALS: self._signal,
        }

    def start(self) -> None:
        self._thread.start()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def stop(self) -> None:
        """Ask it to stop and give it half a second; it holds nothing that would be lost."""
        self._stop.set()
        self._thread.join(0.5)

    def _run(self) -> None:
        source = consumer(
            self._servers,
            f"tapedeck-panel-{uuid.uuid4().hex}",
            **{"enable.partition.eof": True, "error_cb": self._error},
        )
        try:
            if self._assign(source):
                self._read(source)
        finally:
            source.close()

    def _error(self, error: KafkaError) -> None:
        if error.code() != KafkaError._ALL_BROKERS_DOWN:
            logger.info("kafka error=%s", error)
            return
        if not self._down.is_set():
            logger.warning("kafka down servers=%s error=%s", self._servers, error)
        self._down.set()
        self._feed.connected(False)

    def _assign(self, source: Consumer) -> bool:
        """Wait for the topics and go to where reading starts; False: stopped before that."""
        while not self._stop.is_set():
            try:
                start = self._starts(source)
            except KafkaException as error:
                self._feed.connected(False)
                logger.warning("kafka unreachable servers=%s error=%s", self._servers, error)
                start = []
            if start:
                self._behind = {(at.topic, at.partition) for at in start}
                source.assign(start)
                return True
            self._stop.wait(_RETRY_S)
        return False

    def _starts(self, source: Consumer) -> list[TopicPartition]:
        """Where each partition is read from; empty while a topic is missing."""
        known = source.list_topics(timeout=3).topics
        self._feed.connected(True)
        if not all(name in known and known[name].partitions for name in self._names):
            self._feed.caught_up()
            return []
        starts = []
        for name in self._names:
            for number in known[name].partitions:
                at = TopicPartition(name, number)
                low, high = source.get_watermark_offsets(at, timeout=3)
                starts.append(TopicPartition(name, number, max(low, high - self._tail)))
        return starts

    def _read(self, source: Consumer) -> None:
        while not self._stop.is_set():
            messages = source.consume(_ROUND, timeout=0.1)
            if messages:
                self._take_all(messages)
            elif self._down.is_set():
                self._probe(source)

    def _probe(self, source: Consumer) -> None:
        """After an outage of Kafka an idle feed sends nothing: ask whether it is back."""
        try:
            source.list_topics(timeout=1)
        except KafkaException:
            self._stop.wait(_RETRY_S)
            return
        self._down.clear()
        self._feed.connected(True)

    def _take_all(self, messages: Sequence[Message]) -> None:
        taken = rejected = appended = 0
        for message in messages:
            error = message.error()
            if error is not None:
                self._ended(message, error)
                continue
            taken += 1
            appended = max(appended, message.timestamp()[1])
            try:
                self._take[self._names[message.topic()]](message.value() or b"")
            except (msgspec.DecodeError, ConfigError, OverflowError) as bad:
                rejected += 1
                logger.warning(
                    "unreadable message topic=%s partition=%s offset=%s error=%s",
                    message.topic(), message.partition(), message.offset(), bad,
                )  # fmt: skip
        if taken:
            self._down.clear()
            self._feed.took(taken, rejected, appended / 1_000)
        if taken == _ROUND:
            time.sleep(0)  # a burst is read in rounds: let the web server have its turn

    def _ended(self, message: Message, error: KafkaError) -> None:
        if error.code() != KafkaError._PARTITION_EOF:
            logger.warning("kafka topic=%s error=%s", message.topic(), error)
            return
        self._behind.discard((message.topic(), message.partition()))
        if not self._behind:
            self._feed.caught_up()

    def _signal(self, value: bytes) -> None:
        signal = decode_signal(value)
        self._store.put_signal(signal, signal.time - interval_ms(signal.interval))
