"""Signals as CloudEvents 1.0, in Kafka binary mode (`ce_*` headers)."""

from collections.abc import Iterable
from datetime import UTC, datetime

from cloudevents.core.bindings.kafka import KafkaMessage, to_binary_event
from cloudevents.core.v1.event import CloudEvent

from streams.adapters.messages import Headers, encode
from streams.domain.signal import Signal

SOURCE = "/tapedeck/signals"
TYPE_PREFIX = "io.tapedeck.signal."


def signal_type(kind: str) -> str:
    """The type of a signal's event: `rule:mine` is of the type of all users' own rules."""
    return TYPE_PREFIX + kind.partition(":")[0]


def signal_event(signal: Signal, trace: Iterable[tuple[str, bytes]] = ()) -> tuple[Headers, bytes]:
    """Kafka headers and value of a signal; `trace` are headers to carry along.

    What a Trigger may filter on (kind, side, interval, warm, severity, symbol) is in extensions:
    filters never see the data. `partitionkey` keeps a symbol's events in order.
    """
    event = CloudEvent(
        {
            "id": signal.id,
            "source": SOURCE,
            "type": signal_type(signal.kind),
            "specversion": "1.0",
            "time": datetime.fromtimestamp(signal.time / 1_000, UTC),
            "subject": signal.symbol,
            "datacontenttype": "application/json",
            "partitionkey": signal.symbol,
            "symbol": signal.symbol,
            "kind": signal.kind,
            "side": signal.side.value,
            "interval": signal.interval,
            "warm": "true" if signal.warm else "false",
        },
        encode(signal),
    )
    message: KafkaMessage = to_binary_event(event)
    headers = list(message.headers.items())
    return headers + [pair for pair in trace if pair[0] not in message.headers], message.value
