"""Anomalies as CloudEvents 1.0, in Kafka binary mode (`ce_*` headers)."""

from collections.abc import Iterable
from datetime import UTC, datetime

from cloudevents.core.bindings.kafka import KafkaMessage, to_binary_event
from cloudevents.core.v1.event import CloudEvent

from streams.adapters.anomaly_messages import SOURCE, TYPE, encode_anomaly
from streams.adapters.messages import Headers
from streams.adapters.records import Record
from streams.adapters.topics import Topic
from streams.domain.anomaly import Anomaly


def anomaly_record(anomaly: Anomaly, trace: Iterable[tuple[str, bytes]] = ()) -> Record:
    """The message on the topic `signals`; `trace` are headers to carry along.

    What a Trigger may filter on (kind, severity, interval, symbol) is in extensions.
    """
    event = CloudEvent(
        {
            "id": anomaly.id,
            "source": SOURCE,
            "type": TYPE,
            "specversion": "1.0",
            "time": datetime.fromtimestamp(anomaly.time / 1_000, UTC),
            "subject": anomaly.symbol,
            "datacontenttype": "application/json",
            "partitionkey": anomaly.symbol,
            "symbol": anomaly.symbol,
            "kind": anomaly.kind,
            "severity": anomaly.severity,
            "interval": anomaly.interval,
        },
        encode_anomaly(anomaly),
    )
    message: KafkaMessage = to_binary_event(event)
    headers: Headers = list(message.headers.items())
    headers += [pair for pair in trace if pair[0] not in message.headers]
    return Record(Topic.SIGNALS, anomaly.symbol, message.value, headers)
