"""What is said of one type of CloudEvent: its attributes, its data, an example."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from streams.adapters.cloud_event import JSON_TYPE, CloudEvent

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


@dataclass(frozen=True, slots=True)
class Attribute:
    """A context attribute or extension: what it holds, for people, and as EventTypes write it.

    `template` names the varying parts in braces; an optional attribute may be absent.
    """

    name: str
    meaning: str
    template: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class EventKind:
    """One type of event; its `name` is that type.

    `data` is the type that the data is made from, or a JSON Schema where it is made elsewhere;
    `fields` gives the meaning of each of its fields.
    """

    name: str
    summary: str
    producer: str
    receivers: tuple[str, ...]
    attributes: tuple[Attribute, ...]
    extensions: tuple[Attribute, ...]
    data: type | Mapping[str, Any]
    fields: Mapping[str, str]
    example: CloudEvent

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON Schema of its data."""
        head = {
            "$schema": _DIALECT,
            "$id": f"urn:tapedeck:schema:{self.name}",
            "title": f"The data of an event {self.name}",
            "description": self.summary,
        }
        if isinstance(self.data, Mapping):
            return {**head, **self.data}
        (root,), components = msgspec.json.schema_components(
            [self.data], ref_template="#/$defs/{name}"
        )
        return {**head, **root, "$defs": components}

    @property
    def data_fields(self) -> dict[str, Mapping[str, Any]]:
        """{name: schema} of the data's fields, in their order."""
        schema = self.schema
        if "$ref" in schema:
            schema = schema["$defs"][schema["$ref"].rpartition("/")[2]]
        return dict(schema["properties"])


def standard(type_: str, source: str, id_: str, time: str) -> tuple[Attribute, ...]:
    """The attributes that every event of ours has: name, meaning and template."""
    return (
        Attribute("id", id_, "{id}"),
        Attribute("source", f"`{source}`", source),
        Attribute("type", f"`{type_}`", type_),
        Attribute("time", time, "{time}"),
        Attribute("datacontenttype", f"`{JSON_TYPE}`", JSON_TYPE),
    )
