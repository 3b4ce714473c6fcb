"""Answers: JSON or CSV as asked for, a strong ETag, how long they may be kept, the next page."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from flask import Response, request

from functions.query.listing import Rows
from functions.query.page import Page
from functions.query.refusal import RefusedError

JSON, CSV = "application/json", "text/csv"
SECONDS_LATEST = 1
SECONDS_OPEN = 1
SECONDS_CLOSED = 60
_MARGIN_MS = 60_000

_encode = msgspec.json.Encoder().encode
_BOOLS = {True: "true", False: "false"}


def accepted() -> str:
    """JSON or CSV, whichever the client prefers; RefusedError (406) when it takes neither."""
    accept = request.accept_mimetypes
    if not accept:
        return JSON
    chosen = accept.best_match([JSON, CSV])
    if chosen is None:
        was = request.headers.get("Accept", "")[:80]
        raise RefusedError(406, f"Accept: expected {JSON} or {CSV}, was {was!r}")
    return chosen


def page_answer(page: Page, rows: Rows, kind: str, seconds: int) -> Response:
    """A page: `{"items": [...], "next": ...}` or CSV, and a Link to the next one."""
    answer = kept_answer(
        _encode({"items": page.items, "next": page.next}) if kind == JSON else csv_bytes(*rows),
        kind,
        seconds,
    )
    if page.next is not None:
        answer.headers["Link"] = f'<{_again(page.next)}>; rel="next"'
    return answer


def kept_answer(body: bytes, kind: str, seconds: int) -> Response:
    """A body that may be kept for `seconds`, or 304 when the client has just that."""
    tag = blake2b(body, digest_size=12).hexdigest()
    known = request.if_none_match
    # flask-compress puts the encoding behind the tag, as the bytes differ.
    same = next((t for t in (tag, f"{tag}:gzip") if known.contains_weak(t)), None)
    answer = Response(status=304) if same else Response(body, mimetype=kind)
    answer.set_etag(same or tag)
    answer.headers["Cache-Control"] = f"public, max-age={seconds}"
    answer.headers["Vary"] = "Accept, Accept-Encoding"
    return answer


def seconds_kept(end: int | None, now_ms: int) -> int:
    """Longer for times that are over; a tape of the past may still be replayed."""
    return SECONDS_CLOSED if end is not None and end < now_ms - _MARGIN_MS else SECONDS_OPEN


def csv_bytes(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    """As `tapedeck export` writes it: None is empty, floats are the shortest that read back."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue().encode()


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return _BOOLS[value]
    return json.dumps(value, ensure_ascii=False) if isinstance(value, Mapping | list) else value


def _again(cursor: str) -> str:
    """This request with another cursor; without a host, which a proxy may know by another name."""
    asked = [(k, v) for k, v in request.args.items(multi=True) if k != "cursor"]
    return f"{quote(request.path)}?{urlencode([*asked, ('cursor', cursor)])}"
