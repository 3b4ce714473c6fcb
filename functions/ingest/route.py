"""`POST /ingest`: from a request to what is stored, and to an answer.

200: all of it is in Kafka, or of an array what was not refused. 4xx: nothing is accepted, what was
refused is with the dead letters. 503: Kafka does not take it; send it again.
"""

import os
import re
import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from flask import Request, Response
from prometheus_client import CollectorRegistry, Counter

from functions._shared.logs import about
from functions._shared.problems import problem
from functions.ingest.body import check_headers, plain, received
from functions.ingest.grouping import batches
from functions.ingest.letters import letter
from functions.ingest.refused import Refused
from functions.ingest.sorting import Sorted, sort_body
from streams.adapters.context_messages import encode_context
from streams.adapters.messages import PRODUCED, TRACEPARENT, Headers, encode_ticks
from streams.adapters.records import Record
from streams.adapters.topics import Topic
from streams.domain.tick import MAX_TS

_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_JSON = "application/json"
_encode = msgspec.json.Encoder().encode

Send = Callable[[Sequence[Record]], None]


class Ingest:
    """Answers the requests."""

    def __init__(
        self,
        send: Send,
        *,
        ahead_ms: int,
        registry: CollectorRegistry,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`send` returns when all records are stored; times may be `ahead_ms` after now."""
        self._send = send
        self._ahead = ahead_ms
        self._now = now
        items = Counter("tapedeck_ingest_items", "Items stored", ["kind"], registry=registry)
        self._ticks, self._context = items.labels("tick"), items.labels("context")
        self._refused = Counter(
            "tapedeck_ingest_refused", "Items and bodies refused", ["reason"], registry=registry
        )

    def __call__(self, request: Request) -> Response:
        """The answer; raises ServiceError when Kafka does not take it."""
        now = int(self._now() * 1_000)
        raw = b""
        try:
            raw = received(request)
            check_headers(request)
            raw = plain(request, raw)
            found = sort_body(raw, min(now + self._ahead, MAX_TS - 1))
        except Refused as refused:
            return self._refuse(refused, raw, _client(request))
        records = _records(found, _headers(request, now))
        records += [letter(b.refused, b.raw, _client(request), b.index) for b in found.bad]
        # All of a body at once, so that a request repeated after a 503 repeats little.
        self._send(records)
        self._ticks.inc(len(found.ticks))
        self._context.inc(len(found.context))
        for bad in found.bad:
            self._refused.labels(bad.refused.reason).inc()
        return _answer(found)

    def _refuse(self, refused: Refused, raw: bytes, client: str) -> Response:
        """Nothing of the body is accepted."""
        if refused.status != 413:  # of those there is no body to keep
            self._send([letter(refused, raw, client)])
        self._refused.labels(refused.reason).inc()
        return _problem(refused, {})


def _records(found: Sorted, headers: Headers) -> list[Record]:
    ticks = (
        Record(Topic.TICKS, batch.symbol, encode_ticks(batch), headers)
        for batch in batches(found.ticks)
    )
    context = (
        Record(Topic.CONTEXT, event.symbol, encode_context(event), headers)
        for event in found.context
    )
    return [*ticks, *context]


def _headers(request: Request, now: int) -> Headers:
    """When it was sent, and its trace: the request's, or one that begins here."""
    trace = request.headers.get("traceparent", "")
    if not _TRACEPARENT.fullmatch(trace):
        trace = f"00-{os.urandom(16).hex()}-{os.urandom(8).hex()}-01"
        about(trace_id=trace[3:35])
    return [(PRODUCED, b"%d" % now), (TRACEPARENT, trace.encode())]


def _client(request: Request) -> str:
    return (request.remote_addr or "unknown")[:64]


def _answer(found: Sorted) -> Response:
    if found.single:
        return Response(b'{"accepted":1}', 200, mimetype=_JSON)
    rejected = [
        {"index": bad.index, **bad.refused.members(), "reason": bad.refused.reason}
        for bad in found.bad
    ]
    listing = {"accepted": found.accepted, "rejected": rejected}
    if found.accepted:
        return Response(_encode(listing), 200, mimetype=_JSON)
    return _problem(found.bad[0].refused, listing)


def _problem(refused: Refused, more: dict[str, Any]) -> Response:
    headers = {"Accept-Encoding": "gzip"} if refused.field == "Content-Encoding" else None
    return problem(refused.status, str(refused), headers, {**refused.members(), **more})
