"""The one Kafka reader of the process: bars, indicators, predictions, signals into the store."""

import logging
import re
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence

import msgspec
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from panel_app.feed import Feed
from panel_app.market import Market, Origin
from streams.adapters.anomaly_messages import decode_anomaly, is_anomaly
from streams.adapters.kafka import consumer
from streams.adapters.messages import (
    PRODUCED,
    decode_bar,
    decode_indicators,
    decode_prediction,
    decode_signal,
)
from streams.adapters.topics import Topic, Topics
from streams.domain.errors import ConfigError

logger = logging.getLogger(__name__)

TOPICS = (Topic.BARS, Topic.INDICATORS, Topic.PREDICTIONS, Topic.SIGNALS)
_ROUND = 500
_RETRY_S = 1.0
_STUCK_S = 30.0
_SEVERITY = "ce_severity"
_MS = re.compile(rb"[0-9]{1,15}")
_PAST = Origin()


class Reader:
    """Reads every partition from at most `tail` messages before its end; commits nothing.

    Topics that do not exist yet are waited for, and an outage of Kafka is waited out. `on_hole` is
    called (in the reader's thread) when messages were lost: retention overtook the reader, or the
    topics were made anew.
    """

    def __init__(
        self,
        bootstrap_servers: str,
        topics: Topics,
        market: Market,
        feed: Feed,
        tail: int,
        on_hole: Callable[[], None],
    ) -> None:
        self._servers = bootstrap_servers
        self._names = {topics.name(topic): topic for topic in TOPICS}
        self._feed = feed
        self._tail = tail
        self._on_hole = on_hole
        self._lost = threading.Event()
        self._polled = time.monotonic()
        self._stop = threading.Event()
        self._down = threading.Event()
        self._behind: set[tuple[str, int]] = set()
        self._thread = threading.Thread(target=self._run, name="reader", daemon=True)
        self._take: Mapping[Topic, Callable[[bytes, Origin], None]] = {
            Topic.BARS: lambda value, origin: market.bar(decode_bar(value), origin),
            Topic.INDICATORS: lambda value, origin: market.indicators(
                decode_indicators(value), origin
            ),
            Topic.PREDICTIONS: lambda value, origin: market.prediction(
                decode_prediction(value), origin
            ),
            Topic.SIGNALS: lambda value, origin: market.signal(decode_signal(value), origin),
        }

        self._anomaly: Callable[[bytes, Origin], None] = lambda value, origin: market.anomaly(
            decode_anomaly(value), origin
        )

    def start(self) -> None:
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Does it run, and has it looked for messages lately?"""
        return self.running and time.monotonic() - self._polled < _STUCK_S

    @property
    def running(self) -> bool:
        """Its thread has not ended."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Ask it to stop and give it half a second; it holds nothing that would be lost."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(0.5)

    def _run(self) -> None:
        source = consumer(
            self._servers,
            f"tapedeck-panel-{uuid.uuid4().hex}",
            **{
                "enable.partition.eof": True,
                "auto.offset.reset": "error",  # told of a hole, not past it in silence
                "error_cb": self._error,
            },
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
            self._polled = time.monotonic()
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
            self._polled = time.monotonic()
            messages = source.consume(_ROUND, timeout=0.1)
            if messages:
                self._take_all(messages)
            if self._lost.is_set():
                self._resync(source)
            elif not messages and self._down.is_set():
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
        live = self._feed.is_caught_up
        for message in messages:
            error = message.error()
            if error is not None:
                self._ended(message, error)
                continue
            taken += 1
            appended = max(appended, message.timestamp()[1])
            rejected += not self._understood(message, live)
        if taken:
            self._down.clear()
            self._feed.took(taken, rejected, appended / 1_000)
        if taken == _ROUND:
            time.sleep(0)  # a burst is read in rounds: let the web server have its turn

    def _understood(self, message: Message, live: bool) -> bool:
        topic = self._names[message.topic()]
        anomaly = topic is Topic.SIGNALS and is_anomaly(message.headers())
        take = self._anomaly if anomaly else self._take[topic]
        try:
            take(message.value() or b"", _origin(message) if live else _PAST)
        except (msgspec.DecodeError, ConfigError, OverflowError) as bad:
            logger.warning(
                "unreadable message topic=%s partition=%s offset=%s error=%s",
                message.topic(), message.partition(), message.offset(), bad,
            )  # fmt: skip
            return False
        return True

    def _ended(self, message: Message, error: KafkaError) -> None:
        if error.code() == KafkaError._AUTO_OFFSET_RESET:
            self._lost.set()
        elif error.code() != KafkaError._PARTITION_EOF:
            logger.warning("kafka topic=%s error=%s", message.topic(), error)
        else:
            self._behind.discard((message.topic(), message.partition()))
            if not self._behind:
                self._feed.caught_up()

    def _resync(self, source: Consumer) -> None:
        """Where it was is no longer there: messages were lost, the archive may have them."""
        logger.warning("a hole in the topics: reading their tails again")
        self._lost.clear()
        self._feed.behind()
        if self._assign(source):
            self._on_hole()


def _origin(message: Message) -> Origin:
    """What the headers say; anyone may have written them."""
    produced = severity = None
    for name, value in message.headers() or ():
        if name == PRODUCED and value is not None and _MS.fullmatch(value):
            produced = int(value)
        elif name == _SEVERITY and value is not None:
            severity = bytes(value).decode("utf-8", "replace")[:32]
    return Origin(True, produced, severity)
