"""A synthetic market posted to `POST /ingest`, as arrays of ticks and of context events."""

import logging
from threading import Event
from typing import Any

import httpx
import orjson

from streams.adapters.synthetic.block import Block
from streams.adapters.synthetic.classic import shape
from streams.adapters.synthetic.plan import MarketPlan
from streams.domain.context_event import ContextEvent
from streams.domain.errors import ServiceError

logger = logging.getLogger(__name__)

_ITEMS = 2_000  # some 150 kB a request
_TRIES = 4
_LONGEST_WAIT = 10.0
_JSON = {"Content-Type": "application/json"}


class HttpTarget:
    """Posts in order on one connection; what is busy (429, 503) is asked again, a little later."""

    def __init__(self, url: str, plan: MarketPlan, stop: Event, key: str | None = None) -> None:
        self.failed = 0
        self._url, self._symbols, self._stop = url, plan.symbols, stop
        headers = _JSON | ({"X-API-Key": key} if key else {})
        self._client = httpx.Client(timeout=30, headers=headers)
        self._reached = False

    def ticks(self, block: Block, rows: slice) -> None:
        columns = (block.code, block.ts, block.price, block.size)
        items = [
            {"symbol": self._symbols[code], "ts": ts, "price": price, "size": size}
            for code, ts, price, size in zip(*(c[rows].tolist() for c in columns), strict=True)
        ]
        self._post(items)

    def context(self, events: list[ContextEvent]) -> None:
        self._post([shape(event) for event in events])

    def finish(self, last_ms: int | None) -> bool:
        return not self._stop.is_set()

    def close(self) -> None:
        self._client.close()

    def _post(self, items: list[dict[str, Any]]) -> None:
        for at in range(0, len(items), _ITEMS):
            part = items[at : at + _ITEMS]
            self.failed += self._refused(orjson.dumps(part), len(part))

    def _refused(self, body: bytes, count: int) -> int:
        """Send one array; how many of its items were not taken."""
        for _ in range(_TRIES):
            answer = self._answer(body)
            if answer is None or self._stop.is_set():
                return count
            if answer.status_code == 200:
                return len(_rejected(answer))
            if answer.status_code not in (429, 503):
                logger.warning("refused status=%s body=%s", answer.status_code, answer.text[:200])
                return count
            self._stop.wait(_retry_after(answer))
        return count

    def _answer(self, body: bytes) -> httpx.Response | None:
        """None when the connection fails; raises ServiceError when nobody was ever there."""
        try:
            answer = self._client.post(self._url, content=body)
        except httpx.HTTPError as error:
            if not self._reached:
                raise ServiceError(f"{self._url}: expected an answer, was: {error}") from error
            logger.warning("post failed error=%s", error)
            return None
        self._reached = True
        return answer


def _rejected(answer: httpx.Response) -> list[Any]:
    """The refused items that an answer of ours lists; anybody else's 200 is taken by its word."""
    try:
        told = answer.json()
    except ValueError:
        return []
    rejected = told.get("rejected", []) if isinstance(told, dict) else []
    return rejected if isinstance(rejected, list) else []


def _retry_after(answer: httpx.Response) -> float:
    text = answer.headers.get("Retry-After", "1")
    return min(float(text), _LONGEST_WAIT) if text.isdecimal() else 1.0
