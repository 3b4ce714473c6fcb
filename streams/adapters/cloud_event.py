"""CloudEvents 1.0 over HTTP: one value, read strictly in both modes, written in binary mode.

The SDK's reader is not used here: it invents a missing `id`, `specversion` or `time` and takes a
structured event with a stray `ce-` header for a binary one, so that duplicates would go unnoticed.
"""

import base64
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote, unquote

from streams.domain.errors import InputError

REQUIRED = ("specversion", "id", "source", "type")
STRUCTURED = "application/cloudevents+json"
TRACE_HEADERS = ("traceparent", "tracestate")
JSON_TYPE = "application/json"
_NAME = re.compile(r"[a-z0-9]+")
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(\s*;.*)?")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
# CloudEvents 1.0, type system: no control characters, no lone surrogates.
_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
# HTTP binding 3.1.3.2: printable ASCII but for space, double quote and percent stays as it is.
_PLAIN = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"%')


class EventError(InputError):
    """A request is no CloudEvent that is accepted here; `status` is the HTTP answer to it."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


@dataclass(frozen=True, slots=True)
class CloudEvent:
    """Context attributes and extensions as text, the data as bytes, trace headers beside them."""

    attributes: Mapping[str, str]
    data: bytes = b""
    trace: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.attributes["id"]

    @property
    def source(self) -> str:
        return self.attributes["source"]

    def get(self, name: str) -> str | None:
        """An attribute or extension; None where it is absent."""
        return self.attributes.get(name)

    def extended(self, extensions: Mapping[str, str]) -> "CloudEvent":
        """The same event with extensions added or replaced."""
        return replace(self, attributes={**self.attributes, **extensions})


def read_event(headers: Iterable[tuple[str, str]], body: bytes) -> CloudEvent:
    """The event of an HTTP request; the content type alone decides the mode.

    Raises EventError: 415 for a batch or a foreign event format, 400 for all else that is wrong.
    """
    seen = _unique(headers)
    content_type = seen.get("content-type", "").strip()
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == STRUCTURED:
        attributes, data = _structured(body)
    elif media_type.startswith("application/cloudevents"):
        wanted = f"one event as {STRUCTURED} or in binary mode"
        raise EventError(415, f"content-type: expected {wanted}, was {media_type!r}")
    else:
        attributes = {n[3:]: _decoded(n, v) for n, v in seen.items() if n.startswith("ce-")}
        if content_type:
            attributes["datacontenttype"] = content_type
        data = body
    check_attributes(attributes)
    return CloudEvent(attributes, data, {n: seen[n] for n in TRACE_HEADERS if n in seen})


def check_attributes(attributes: Mapping[str, str]) -> None:
    """Raises EventError(400) that names the attribute, what was expected and was."""
    for name in REQUIRED:
        if not attributes.get(name):
            raise EventError(
                400, f"{name}: expected a non-empty value, was {attributes.get(name)!r}"
            )
    if attributes["specversion"] != "1.0":
        raise EventError(400, f"specversion: expected '1.0', was {attributes['specversion']!r}")
    for name, value in attributes.items():
        _check_attribute(name, value)
    if re.search(r"\s", attributes["source"]):
        raise EventError(400, f"source: expected a URI reference, was {attributes['source']!r}")
    if not _is_time(attributes.get("time")):
        raise EventError(400, f"time: expected an RFC 3339 timestamp, was {attributes['time']!r}")
    media_type = attributes.get("datacontenttype", JSON_TYPE)
    if not _MEDIA_TYPE.fullmatch(media_type):
        raise EventError(400, f"datacontenttype: expected a media type, was {media_type!r}")


def _check_attribute(name: str, value: str) -> None:
    if not _NAME.fullmatch(name) or name == "data":
        raise EventError(400, f"attribute: expected a name of a-z and 0-9, was {name!r}")
    if _FORBIDDEN.search(value):
        raise EventError(400, f"{name}: expected no control characters, was {value!r}")
    if not value and name in ("subject", "dataschema", "time", "datacontenttype"):
        raise EventError(400, f"{name}: expected a non-empty value or none, was ''")


def binary_headers(event: CloudEvent) -> dict[str, str]:
    """The HTTP headers of the event in binary mode; its data is the body as it is."""
    headers = {
        f"ce-{name}": quote(value, safe=_PLAIN)
        for name, value in event.attributes.items()
        if name != "datacontenttype"
    }
    headers["content-type"] = event.attributes.get("datacontenttype", JSON_TYPE)
    return {**headers, **event.trace}


def json_data(event: CloudEvent) -> dict[str, Any]:
    """The data as a JSON object. Raises EventError: 415 not JSON by its type, 422 not an object."""
    media_type = (
        event.attributes.get("datacontenttype", JSON_TYPE).partition(";")[0].strip().lower()
    )
    if media_type != JSON_TYPE and not media_type.endswith("+json"):
        raise EventError(415, f"datacontenttype: expected {JSON_TYPE}, was {media_type!r}")
    try:
        data = json.loads(event.data, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise EventError(400, f"data: expected JSON, was broken: {error}") from error
    if not isinstance(data, dict):
        raise EventError(422, f"data: expected a JSON object, was {type(data).__name__}")
    return data


def _unique(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    seen: dict[str, str] = {}
    for name, value in headers:
        key = name.lower()
        if key in seen and (key.startswith("ce-") or key == "content-type"):
            raise EventError(400, f"{key}: expected once, was sent more often")
        seen[key] = value
    return seen


def _decoded(name: str, value: str) -> str:
    try:
        return unquote(value, errors="strict")
    except UnicodeDecodeError as error:
        raise EventError(400, f"{name}: expected percent-encoded UTF-8, was {value!r}") from error


def _structured(body: bytes) -> tuple[dict[str, str], bytes]:
    try:
        event = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise EventError(
            400, f"body: expected a CloudEvent as JSON, was broken: {error}"
        ) from error
    if not isinstance(event, dict):
        raise EventError(400, f"body: expected a JSON object, was {type(event).__name__}")
    attributes = {
        name: _text(name, value)
        for name, value in event.items()
        if name not in ("data", "data_base64") and value is not None
    }
    return attributes, _structured_data(event, attributes)


def _structured_data(event: dict[str, Any], attributes: dict[str, str]) -> bytes:
    data, encoded = event.get("data"), event.get("data_base64")
    if data is not None and encoded is not None:
        raise EventError(400, "data: expected data or data_base64, were both")
    if encoded is not None:
        try:
            return base64.b64decode(encoded, validate=True)
        except (ValueError, TypeError) as error:
            raise EventError(400, f"data_base64: expected base64, was broken: {error}") from error
    if data is None:
        return b""
    media_type = attributes.setdefault("datacontenttype", JSON_TYPE)
    if isinstance(data, str) and "json" not in media_type.lower():
        return data.encode("utf-8", "replace")
    return json.dumps(data, separators=(",", ":")).encode()


def _text(name: str, value: Any) -> str:
    """An attribute's canonical text; JSON numbers and booleans only for extensions."""
    if isinstance(value, str):
        return value
    fixed = (*REQUIRED, "subject", "time", "dataschema", "datacontenttype")
    if isinstance(value, bool | int) and name not in fixed:
        return str(value).lower()
    raise EventError(400, f"{name}: expected a string, was {json.dumps(value)}")


def _is_time(text: str | None) -> bool:
    if text is None:
        return True
    if not _TIME.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text.upper())
    except ValueError:
        return False
    return True


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")
