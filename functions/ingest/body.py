"""The body of a request: its type, its encoding, its JSON. Never more than `MAX_BODY` bytes of it.

JSON is read strictly, UTF-8 only; of a member that is there twice the last counts. What Python
writes for numbers that JSON has not (NaN, Infinity) is read, so that the item which holds one can
be named.
"""

import json
import zlib
from collections.abc import Mapping
from gzip import BadGzipFile, GzipFile
from io import BytesIO
from typing import Any

import msgspec
from flask import Request
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from functions.ingest.refused import Refused

MAX_BODY = 900_000
"""Bytes, inflated too: any body fits into one message of Kafka (1 MB) as a dead letter."""
_DRAINED = 16 << 20
_PORTION = 1 << 16
_GZIP = ("gzip", "x-gzip")
_decode = msgspec.json.Decoder().decode


def received(request: Request) -> bytes:
    """The body as it came. Raises Refused (413), and ClientDisconnected (400)."""
    length = request.content_length
    if length is None:
        return _chunked(request)
    if length > MAX_BODY:
        raise _too_large(str(length))
    body: bytes = request.environ["wsgi.input"].read(length)  # a tenth of what get_data() costs
    if len(body) < length:
        raise ClientDisconnected
    return body


def _chunked(request: Request) -> bytes:
    try:
        return request.get_data()
    except RequestEntityTooLarge as error:
        raise _too_large("more") from error


def check_headers(request: Request) -> None:
    """Raises Refused (415) when the body is not JSON in UTF-8, as it is or gzipped."""
    kind = request.mimetype
    if kind != "application/json" and not (
        kind.startswith("application/") and kind.endswith("+json")
    ):
        raise _unsupported("Content-Type", "application/json", kind or "missing")
    charset = request.mimetype_params.get("charset", "utf-8")
    if charset.lower() not in ("utf-8", "utf8", "us-ascii"):
        raise _unsupported("Content-Type", "charset=utf-8", charset[:80])
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("", "identity", *_GZIP):
        raise _unsupported("Content-Encoding", "gzip or none", encoding[:80])


def plain(request: Request, body: bytes) -> bytes:
    """The body without its encoding. Raises Refused (400, 413)."""
    if request.headers.get("Content-Encoding", "").strip().lower() not in _GZIP:
        return body
    try:
        inflated = GzipFile(fileobj=BytesIO(body)).read(MAX_BODY + 1)
    except (BadGzipFile, EOFError, zlib.error) as error:
        was = f"broken: {error}"
        raise Refused("body", "gzip", was, reason="bad_message", status=400) from error
    if len(inflated) > MAX_BODY:
        raise _too_large("more when inflated")
    return inflated


def drain(environ: Mapping[str, Any]) -> None:
    """Read what an early answer has left of the body.

    gunicorn would close the connection that it has just told the client to keep, and the answer
    or the client's next request would be lost.
    """
    left = _DRAINED
    while left > 0 and (portion := environ["wsgi.input"].read(_PORTION)):
        left -= len(portion)


def parse(body: bytes) -> Any:
    """The JSON value. Raises Refused (400) when it is none."""
    try:
        return _decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        first = error
    try:
        return json.loads(body.decode())
    except (ValueError, RecursionError):
        was = f"broken: {first}" if body else "empty"
        raise Refused("body", "JSON", was, reason="bad_message", status=400) from first


def raw_items(body: bytes, items: list[Any]) -> list[bytes]:
    """The bytes of each item of an array, as they came where it is JSON.

    Raises Refused (400) when it is nested almost too deeply to have been read.
    """
    try:
        try:
            return [bytes(raw) for raw in msgspec.json.decode(body, type=list[msgspec.Raw])]
        except msgspec.MsgspecError:
            return [json.dumps(item).encode() for item in items]
    except RecursionError as error:
        was = f"broken: {error}"
        raise Refused("body", "JSON", was, reason="bad_message", status=400) from error


def _too_large(was: str) -> Refused:
    return Refused("body", f"at most {MAX_BODY} bytes", was, reason="too_large", status=413)


def _unsupported(field: str, expected: str, was: str) -> Refused:
    return Refused(field, expected, was, reason="unsupported", status=415)
