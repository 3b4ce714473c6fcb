"""Produces to the topics what the pipelines would."""

import uuid

from streams.adapters.kafka import producer
from streams.adapters.messages import encode
from streams.adapters.signal_events import signal_event
from streams.adapters.topics import Topic, Topics, create_topics
from streams.domain.bar import Bar
from streams.domain.indicator_row import IndicatorRow
from streams.domain.prediction import Prediction
from streams.domain.signal import Signal

_TOPICS: dict[type, Topic] = {
    Bar: Topic.BARS,
    IndicatorRow: Topic.INDICATORS,
    Prediction: Topic.PREDICTIONS,
}


class Tape:
    """Produces what the pipelines would, under a prefix of its own."""

    def __init__(self, kafka: str) -> None:
        self.prefix = f"b{uuid.uuid4().hex[:8]}-"
        self._topics = Topics(self.prefix)
        create_topics(kafka, self._topics, 3)
        self._producer = producer(kafka)

    def send(self, *values: Bar | IndicatorRow | Prediction | Signal) -> None:
        """Produce in order and return when Kafka has them."""
        for value in values:
            headers: list[tuple[str, bytes]] = []
            if isinstance(value, Signal):
                topic = Topic.SIGNALS
                headers, body = signal_event(value)
            else:
                topic = _TOPICS[type(value)]
                body = encode(value)
            self._producer.produce(self._topics.name(topic), body, value.symbol, headers=headers)
        assert self._producer.flush(20) == 0
