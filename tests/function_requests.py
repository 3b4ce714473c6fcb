"""Requests as the functions really get them: what a bench times and a fuzzer spoils."""

import gzip
import json
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from streams.adapters.cloud_event import STRUCTURED, CloudEvent, binary_headers
from streams.adapters.messages import encode
from streams.adapters.signal_events import SOURCE
from streams.domain.signal import Side, Signal, signal_id
from tests.generator_shapes import SHAPES

_JSON = {"content-type": "application/json"}


@dataclass(frozen=True, slots=True)
class Request:
    """Headers may repeat a name, so they are pairs; `target` is path and query."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


def _request(method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> Request:
    return Request(method, target, tuple(headers.items()), body)


@dataclass(frozen=True)
class Requests:
    """Of each function; `now` (epoch ms) is the time that they are about."""

    now: int = field(default_factory=lambda: time.time_ns() // 1_000_000)

    def of(self, function: str) -> list[Request]:
        """All kinds that the function answers with success, the usual one first."""
        return {
            "ingest": self._ingest,
            "notify": self._events,
            "aggregate": self._events,
            "query": self._queries,
            "dead-letter": self._dead_letters,
        }[function]()

    def _ingest(self) -> list[Request]:
        rng = random.Random(1)
        shapes = [shape(rng, self.now / 1_000) for shape in SHAPES]
        tick = {"symbol": "FUZZ", "ts": self.now, "price": 101.25, "size": 300}
        candle = {"symbol": "FUZZ", "ts": self.now, "open": 1.5, "high": 3.0, "low": 1.0,
                  "close": 2.5, "volume": 10.0}  # fmt: skip
        bodies = [json.dumps(each).encode() for each in (tick, candle, [tick, candle], *shapes)]
        zipped = {**_JSON, "content-encoding": "gzip"}
        return [
            *(_request("POST", "/ingest", _JSON, body) for body in bodies),
            _request("POST", "/ingest", zipped, gzip.compress(bodies[2])),
        ]

    def _signal(self) -> CloudEvent:
        start = self.now - self.now % 300_000 - 300_000
        name = signal_id("FUZZ", "5m", start, "breakout")
        signal = Signal(
            name, start + 300_000, "FUZZ", "5m", "breakout", Side.BUY, 101.25, 0.5, True, "crossed"
        )
        attributes = {
            "specversion": "1.0", "id": name, "source": SOURCE, "subject": "FUZZ",
            "type": "io.tapedeck.signal.breakout", "time": "2026-01-05T14:30:00Z",
            "datacontenttype": "application/json", "partitionkey": "FUZZ", "symbol": "FUZZ",
            "kind": "breakout", "side": "buy", "interval": "5m", "warm": "true",
            "producedms": str(self.now),
        }  # fmt: skip
        trace = {"traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01"}
        return CloudEvent(attributes, encode(signal), trace)

    def _events(self) -> list[Request]:
        return _both_modes(self._signal())

    def _dead_letters(self) -> list[Request]:
        failed = {
            "knativeerrordest": "http://notify.default.svc.cluster.local/",
            "knativeerrorcode": "500",
            "knativeerrordata": "c29tZXRoaW5nIGJyb2tl",
        }
        return _both_modes(self._signal().extended(failed))

    def _queries(self) -> list[Request]:
        api = "/api/v1"
        targets = (
            "/latest/FUZZ", "/symbols?limit=10", "/ticks/FUZZ?limit=5",
            f"/bars/FUZZ?interval=5m&from={self.now - 86_400_000}&to={self.now}&limit=100",
            "/aggregated/FUZZ?window=1min", "/indicators/FUZZ", "/signals?symbol=FUZZ",
            "/anomalies", "/predictions/FUZZ", "/summary/FUZZ", "/scorecards",
        )  # fmt: skip
        csv = _request("GET", f"{api}/bars/FUZZ", {"accept": "text/csv"})
        zipped = _request("GET", "/openapi.json", {"accept-encoding": "gzip"})
        plain = (_request("GET", api + target, {"accept": "*/*"}) for target in targets)
        return [*plain, csv, zipped]


def _both_modes(event: CloudEvent) -> list[Request]:
    structured = {**event.attributes, "data": json.loads(event.data)}
    headers = {"content-type": STRUCTURED, **event.trace}
    return [
        _request("POST", "/", binary_headers(event), event.data),
        _request("POST", "/", headers, json.dumps(structured).encode()),
    ]
