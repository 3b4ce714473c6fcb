"""`run deliver`: signals as CloudEvents over HTTP to the sink, each one as soon as it arrives."""

import logging
from collections.abc import Callable

from confluent_kafka import KafkaError, Producer
from prometheus_client import CollectorRegistry, Counter, Histogram
from quixstreams import Application

from streams.adapters.ce_http import EventPoster, Observer, ce_overrides
from streams.adapters.cloud_event import CloudEvent, EventError, check_attributes
from streams.adapters.endpoints import kafka_address
from streams.adapters.kafka import producer
from streams.adapters.messages import PRODUCED, TRACEPARENT, dead_letter_headers
from streams.adapters.metrics import PipelineMetrics
from streams.adapters.quix import topic
from streams.adapters.settings import Settings
from streams.adapters.topics import Topic, Topics
from streams.apps.delivery_sink import Delivery, DeliverySink
from streams.domain.dead_letter import DeadLetter
from streams.domain.errors import ConfigError, ServiceError

logger = logging.getLogger(__name__)

PRODUCED_EXTENSION = "producedms"
_BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_KAFKA_SECONDS = 30


def build(app: Application, settings: Settings, metrics: PipelineMetrics) -> None:
    """Define the pipeline on `app`: every message of `signals` to `settings.sink`.

    Raises ConfigError when there is no sink, or when K_CE_OVERRIDES is broken.
    """
    courier = Courier(
        poster(settings, delivery_metrics(metrics.registry)),
        producer(kafka_address(settings)),
        Topics(settings.topic_prefix).name(Topic.DEAD_LETTERS),
        metrics,
    )
    app.dataframe(topic(app, settings, Topic.SIGNALS)).sink(
        DeliverySink(courier, settings.deliver_lanes)
    )


def poster(settings: Settings, observe: Observer) -> EventPoster:
    """The poster to K_SINK; raises ConfigError without one."""
    if settings.sink is None:
        raise ConfigError(
            "K_SINK: expected the URL that takes the CloudEvents, was not set; with the local "
            f"broker of `tapedeck serve` it is K_SINK=http://127.0.0.1:{settings.broker_port}/"
        )
    if not settings.sink.startswith(("http://", "https://")):
        raise ConfigError(f"K_SINK: expected an http or https URL, was {settings.sink!r}")
    return EventPoster(
        settings.sink,
        budget=settings.deliver_retry,
        overrides=ce_overrides(settings.ce_overrides),
        ca_certs=settings.ca_certs,
        observe=observe,
        lanes=settings.deliver_lanes,
    )


def delivery_metrics(registry: CollectorRegistry) -> Observer:
    """Counts posts by status code and times them."""
    posts = Counter(
        "tapedeck_deliver_posts", "Events posted, by answer", ["code"], registry=registry
    )
    seconds = Histogram(
        "tapedeck_deliver_seconds", "Time of one post", buckets=_BUCKETS, registry=registry
    )

    def observe(code: str, took: float) -> None:
        posts.labels(code).inc()
        seconds.observe(took)

    return observe


class Courier:
    """Delivers one message: to the sink, or to the dead letters when nobody can use it."""

    def __init__(
        self, poster: EventPoster, producer: Producer, dead_letters: str, metrics: PipelineMetrics
    ) -> None:
        self._poster = poster
        self._producer = producer
        self._dead_letters = dead_letters
        self._metrics = metrics

    def __call__(self, delivery: Delivery) -> None:
        """Return once the sink or the dead letters have it; raises DeliveryError, ServiceError."""
        self._metrics.messages.inc()
        try:
            event = event_of(delivery)
        except EventError as error:
            self._bury(delivery, "not_an_event", str(error))
            return
        answer = self._poster.post(event)
        if answer.accepted:
            self._metrics.outputs.inc()
        else:
            said = f"expected the sink to accept it, was {answer.status} {answer.detail}".strip()
            self._bury(delivery, f"refused_{answer.status}", said)

    def _bury(self, delivery: Delivery, reason: str, detail: str) -> None:
        """To the dead letters; on return Kafka has it."""
        source = f"{delivery.topic}/{delivery.partition}"
        letter = DeadLetter(
            id=f"deliver/{source}/{delivery.offset}/{reason}",
            origin="deliver",
            reason=reason,
            detail=detail,
            source=source,
            position=delivery.offset,
            raw=delivery.value,
        )
        self._metrics.rejected.inc()
        logger.warning("dead-letter event=%s reason=%s detail=%s", letter.id, reason, detail)
        errors: list[KafkaError] = []
        self._producer.produce(
            self._dead_letters,
            letter.raw,
            letter.origin,
            headers=dead_letter_headers(letter),
            on_delivery=_collect(errors),
        )
        if self._producer.flush(_KAFKA_SECONDS) or errors:
            raise ServiceError(f"{self._dead_letters}: Kafka did not take {letter.id}: {errors}")


def event_of(delivery: Delivery) -> CloudEvent:
    """The CloudEvent of a Kafka message in binary mode; raises EventError when it is none.

    Header `produced` becomes extension `producedms`; the trace context stays a header.
    """
    headers = {name.lower(): text.decode("utf-8", "replace") for name, text in delivery.headers}
    attributes = {name[3:]: text for name, text in headers.items() if name.startswith("ce_")}
    attributes["datacontenttype"] = headers.get("content-type", "application/json")
    if PRODUCED in headers:
        attributes[PRODUCED_EXTENSION] = headers[PRODUCED]
    check_attributes(attributes)
    trace = {TRACEPARENT: headers[TRACEPARENT]} if TRACEPARENT in headers else {}
    return CloudEvent(attributes, delivery.value, trace)


def _collect(errors: list[KafkaError]) -> Callable[[KafkaError | None, object], None]:
    def report(error: KafkaError | None, message: object) -> None:
        if error is not None:
            errors.append(error)

    return report
