"""Reads a dead letter, leniently: what the strict functions refuse for its form ends up here.

An event is what says who it is: id, source and type. Everything else about it is kept as it came,
but for what PostgreSQL's text cannot hold (NUL, lone surrogates), which becomes U+FFFD, and for
what no header can carry: an attribute of such a name would keep the event from being sent again.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote

from streams.adapters.cloud_event import (
    JSON_TYPE,
    STRUCTURED,
    TRACE_HEADERS,
    CloudEvent,
    EventError,
    read_event,
)
from streams.adapters.database.undelivered import Undelivered

_NEEDED = ("id", "source", "type")
# RFC 9110, section 5.6.2 and 5.5: what a header's name and its value are made of.
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_UNSENDABLE = re.compile(r"[^ -~]")
_ERROR = ("knativeerrordest", "knativeerrorcode", "knativeerrordata")


def read_letter(headers: Iterable[tuple[str, str]], body: bytes) -> Undelivered:
    """The event and why it was given up on, where the dispatcher said so.

    Raises EventError: 415 for a batch, 400 for what does not say id, source and type.
    """
    headers = list(headers)
    try:
        event = read_event(headers, body)
    except EventError as error:
        if error.status != 400:
            raise
        event = _lenient({name.lower(): value for name, value in headers}, body, error)
    attributes = _sendable(event.attributes)
    dest, code, data = (attributes.pop(name, "") for name in _ERROR)
    trace = {name: _UNSENDABLE.sub("?", value) for name, value in event.trace.items()}
    kept = CloudEvent(attributes, event.data, trace)
    return Undelivered(kept, dest, code, _storable(decoded_error(data)), data)


def decoded_error(text: str) -> str:
    """What the destination said, from `knativeerrordata`; the text itself where it is garbage.

    The MT broker's dispatcher sends base64 of `{"errdestination", "errresponsebody": base64}`,
    the Kafka dispatcher base64 of the answer's first 1,024 bytes.
    """
    outer = _base64(text)
    if outer is None:
        return text
    try:
        inner = json.loads(outer)["errresponsebody"]
    except (ValueError, RecursionError, LookupError, TypeError):
        return outer.decode("utf-8", "replace")
    said = _base64(inner) if isinstance(inner, str) else None
    return str(inner) if said is None else said.decode("utf-8", "replace")


def _lenient(seen: Mapping[str, str], body: bytes, error: EventError) -> CloudEvent:
    if seen.get("content-type", "").partition(";")[0].strip().lower() == STRUCTURED:
        attributes, data = _structured(body, error)
    else:
        attributes = {
            name[3:]: unquote(value, errors="replace")
            for name, value in seen.items()
            if name.startswith("ce-")
        }
        if "content-type" in seen:
            attributes["datacontenttype"] = seen["content-type"]
        data = body
    if missing := [name for name in _NEEDED if not attributes.get(name)]:
        raise EventError(400, f"{', '.join(missing)}: expected a value, was none; {error}")
    return CloudEvent(attributes, data, {n: seen[n] for n in TRACE_HEADERS if n in seen})


def _structured(body: bytes, error: EventError) -> tuple[dict[str, str], bytes]:
    try:
        event = json.loads(body.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        raise error from None
    if not isinstance(event, dict):
        raise error
    data = event.pop("data", None)
    encoded = event.pop("data_base64", None)
    attributes = {name: _text(value) for name, value in event.items() if value is not None}
    if encoded is not None:
        found = _base64(encoded) if isinstance(encoded, str) else None
        return attributes, _text(encoded).encode("utf-8", "replace") if found is None else found
    attributes.setdefault("datacontenttype", JSON_TYPE)
    return attributes, b"" if data is None else json.dumps(data).encode()


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _base64(text: str) -> bytes | None:
    """Decoded, with or without padding; None for what is no base64, or nothing."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True) or None
    except (binascii.Error, ValueError):
        return None


def _sendable(attributes: Mapping[str, str]) -> dict[str, str]:
    """Those that a header can carry; the media type alone is sent without percent-encoding."""
    kept = {n: _storable(value) for n, value in attributes.items() if _HEADER_NAME.fullmatch(n)}
    if "datacontenttype" in kept:
        kept["datacontenttype"] = _UNSENDABLE.sub("?", kept["datacontenttype"]).strip()
    return kept


def _storable(text: str) -> str:
    return (
        text.replace("\x00", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    )
