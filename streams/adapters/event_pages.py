"""The event catalogue as EventTypes for a cluster and as a page for people."""

import json
from collections.abc import Iterable

from streams.adapters.cloud_event import binary_headers
from streams.adapters.event_catalogue import CATALOGUE
from streams.adapters.event_kind import Attribute, EventKind

COMMAND = (
    "tapedeck schemas infra/schemas --event-types knative/base/eventtypes.yaml "
    "--catalogue infra/docs/event-catalogue.md"
)
"""Writes everything that is made from the catalogue."""
_SPECVERSION = Attribute("specversion", "`1.0`", "1.0")

_INTRODUCTION = """# Event catalogue

CloudEvents 1.0. In Kafka: binary mode, headers `ce_*`, key = symbol. Over HTTP: binary mode,
headers `ce-*`. Every event is known by (`source`, `id`); receivers must expect it more than once.
Filters see attributes and extensions only, never the data.

Made from `streams.adapters.event_catalogue`, like the EventTypes of `knative/` and the schemas of
the data in `infra/schemas/`.
"""
_ANSWERS = """
## What a receiver answers
| answer | meaning | then |
| --- | --- | --- |
| 202, empty | done, or known already | delivered |
| 400 413 415 422 | poison | never retried: dead letter |
| 409 | another request works on the same event | retried |
| 503 | something it needs is down | retried |
| 2xx with a body that is no CloudEvent | taken for a failure | retried |
"""


def event_types() -> str:
    """The manifests: one EventType for each event that passes the broker."""
    head = (
        f"# Made by `{COMMAND}`.\n"
        "# A cluster refuses changes of attributes: delete an EventType before you apply it.\n"
    )
    return head + "---\n".join(_event_type(kind) for kind in CATALOGUE)


def _event_type(kind: EventKind) -> str:
    attributes = (_SPECVERSION, *kind.attributes, *kind.extensions)
    return f"""apiVersion: eventing.knative.dev/v1beta3
kind: EventType
metadata:
  name: {kind.name.replace("_", "-")}
  labels:
    app.kubernetes.io/part-of: tapedeck
spec:
  description: {json.dumps(kind.summary)}
  reference:
    apiVersion: eventing.knative.dev/v1
    kind: Broker
    name: tapedeck
  attributes:
{"".join(_of_type(attribute) for attribute in attributes)}"""


def _of_type(attribute: Attribute) -> str:
    required = "false" if attribute.optional else "true"
    return f"""    - name: {attribute.name}
      required: {required}
      value: {json.dumps(attribute.template)}
"""


def catalogue_page() -> str:
    """The page, as Markdown."""
    return _INTRODUCTION + "".join(_section(kind) for kind in CATALOGUE) + _ANSWERS


def _section(kind: EventKind) -> str:
    receivers = " and ".join(f"`functions.{name.replace('-', '_')}`" for name in kind.receivers)
    parts = [
        f"\n## {kind.name}\n{kind.summary} {_sentence(kind.producer)}, {receivers} "
        f"{'receive' if len(kind.receivers) > 1 else 'receives'} it.\n",
        _table("attribute", kind.attributes),
    ]
    if kind.extensions:
        parts.append(_table("extension", kind.extensions))
    if kind.example.trace:
        parts.append(
            "\nHeader `traceparent` (W3C) is carried beside the event from the tick to the "
            "notification.\n"
        )
    parts.append(_data(kind))
    parts.append(f"\nExample (HTTP):\n```http\n{_example(kind)}\n```\n")
    return "".join(parts)


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def _table(heading: str, attributes: Iterable[Attribute]) -> str:
    rows = "".join(f"| `{a.name}` | {a.meaning} |\n" for a in attributes)
    return f"\n| {heading} | value |\n| --- | --- |\n{rows}"


def _data(kind: EventKind) -> str:
    schema = f"[schema](../schemas/{kind.name}.json)"
    rows = "".join(
        f"| `{name}` | {field.get('type', 'string')} | {kind.fields[name]} |\n"
        for name, field in kind.data_fields.items()
    )
    return f"\nData ({schema}):\n\n| field | type | meaning |\n| --- | --- | --- |\n{rows}"


def _example(kind: EventKind) -> str:
    headers = "\n".join(f"{name}: {value}" for name, value in binary_headers(kind.example).items())
    return f"POST / HTTP/1.1\n{headers}\n\n{kind.example.data.decode()}"
