"""What Eventing's webhooks refuse, or ignore, and no schema says."""

import re
from collections.abc import Iterator
from typing import Any

from streams.apps.serve.durations import iso_seconds
from streams.domain.errors import ConfigError

Doc = dict[str, Any]
_DIALECTS = {"exact", "prefix", "suffix", "all", "any", "not", "cesql"}
_DELIVERY = {"retry", "backoffPolicy", "backoffDelay", "timeout", "deadLetterSink", "format"}
_ATTRIBUTE = re.compile(r"[a-z][a-z0-9]*")
_ORDER = "kafka.eventing.knative.dev/delivery.order"
_CLASS = "eventing.knative.dev/broker.class"
_ANNOTATIONS = {
    "Trigger": {_ORDER: {"ordered", "unordered"}},
    "Broker": {_CLASS: {"MTChannelBasedBroker", "Kafka", "KafkaNamespaced"}},
}
_NEEDED = {"type", "source", "specversion", "id"}


def eventing_faults(document: Doc) -> Iterator[str]:
    """What is wrong with an object of Eventing, one line each."""
    kind, spec = document["kind"], document.get("spec", {})
    known = _ANNOTATIONS.get(kind, {})
    for name, value in (document["metadata"].get("annotations") or {}).items():
        if "knative.dev/" in name and name not in known:
            yield f"{name}: ignored, expected one of {sorted(known)}"
        elif name in known and value not in known[name]:
            yield f"{name}: expected one of {sorted(known[name])}, was {value!r}"
    if kind == "Trigger":
        yield from _trigger_faults(spec)
    elif kind == "KafkaSource":
        yield from _kafka_faults(spec)
    elif kind == "EventType":
        yield from _type_faults(spec)
    elif kind == "PingSource":
        yield from _ping_faults(spec)
    if kind in ("KafkaSource", "PingSource", "SinkBinding"):
        yield from _destination_faults("sink", spec.get("sink"))
    if "delivery" in spec:
        yield from _delivery_faults(spec["delivery"])


def _trigger_faults(spec: Doc) -> Iterator[str]:
    if not spec.get("broker"):
        yield "broker: expected a name"
    if "filter" in spec and "filters" in spec:
        yield "filter: ignored beside filters"
    for item in spec.get("filters") or []:
        yield from _filter_faults(item)
    yield from _destination_faults("subscriber", spec.get("subscriber"))


def _filter_faults(item: Doc) -> Iterator[str]:
    if len(item) != 1 or not _DIALECTS & item.keys():
        yield f"filters: expected one dialect of {sorted(_DIALECTS)} per item, was {sorted(item)}"
        return
    ((dialect, body),) = item.items()
    if dialect in ("all", "any", "not"):
        nested = [body] if dialect == "not" else body
        if not nested:
            yield f"filters.{dialect}: expected at least one"
        for part in nested:
            yield from _filter_faults(part)
    elif dialect == "cesql":
        if not body:
            yield "filters.cesql: expected an expression"
    else:
        yield from _attribute_faults(dialect, body)


def _attribute_faults(dialect: str, body: Doc) -> Iterator[str]:
    for name, value in body.items():
        if not _ATTRIBUTE.fullmatch(name) or name == "data":
            yield f"filters.{dialect}: expected an attribute's name, was {name!r}"
        if not isinstance(value, str) or not value:
            yield f"filters.{dialect}.{name}: expected a text, was {value!r}"


def _delivery_faults(delivery: Doc) -> Iterator[str]:
    for name in delivery.keys() - _DELIVERY:
        yield f"delivery.{name}: refused or ignored, expected one of {sorted(_DELIVERY)}"
    retry = delivery.get("retry", 0)
    if type(retry) is not int or retry < 0:
        yield f"delivery.retry: expected a number >= 0, was {retry!r}"
    if delivery.get("backoffPolicy") not in (None, "linear", "exponential"):
        yield f"delivery.backoffPolicy: was {delivery['backoffPolicy']!r}"
    if retry and not {"backoffPolicy", "backoffDelay"} <= delivery.keys():
        yield "delivery: retries without back-off, for want of policy or delay"
    for name in {"backoffDelay", "timeout"} & delivery.keys():
        try:
            seconds = iso_seconds(delivery[name], f"delivery.{name}")
        except ConfigError as error:
            yield str(error)
        else:
            if seconds <= 0:
                yield f"delivery.{name}: expected more than 0, was {delivery[name]}"
    if "deadLetterSink" in delivery:
        yield from _destination_faults("delivery.deadLetterSink", delivery["deadLetterSink"])


def _destination_faults(where: str, destination: Any) -> Iterator[str]:
    ref = (destination or {}).get("ref")
    if not ref and not (destination or {}).get("uri"):
        yield f"{where}: expected ref or uri"
    elif ref and not {"apiVersion", "kind", "name"} <= ref.keys():
        yield f"{where}.ref: expected apiVersion, kind and name, was {sorted(ref)}"


def _kafka_faults(spec: Doc) -> Iterator[str]:
    if spec.get("ordering", "ordered") not in ("ordered", "unordered"):
        yield f"ordering: expected ordered or unordered, was {spec['ordering']!r}"
    if spec.get("initialOffset", "latest") not in ("earliest", "latest"):
        yield f"initialOffset: expected earliest or latest, was {spec['initialOffset']!r}"
    if not spec.get("topics") or not spec.get("bootstrapServers"):
        yield "topics, bootstrapServers: expected at least one each"


def _type_faults(spec: Doc) -> Iterator[str]:
    names = [attribute["name"] for attribute in spec.get("attributes") or []]
    if missing := _NEEDED - set(names):
        yield f"attributes: expected {sorted(missing)} too"
    for name in names:
        if not _ATTRIBUTE.fullmatch(name) or names.count(name) > 1:
            yield f"attributes: expected distinct names of a-z and 0-9, was {name!r}"


def _ping_faults(spec: Doc) -> Iterator[str]:
    fields = str(spec.get("schedule", "")).split()
    if len(fields) != 5 or not all(re.fullmatch(r"[\d*/,\-]+", field) for field in fields):
        yield f"schedule: expected five fields of cron, was {spec.get('schedule')!r}"
    if "data" in spec and "dataBase64" in spec:
        yield "data: expected data or dataBase64, were both"
