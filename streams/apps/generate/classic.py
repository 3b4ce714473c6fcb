"""The widely copied generator, request by request: two loops, one post each, a pause, again."""

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from streams.adapters.synthetic.classic import (
    SYMBOLS,
    URL,
    Shape,
    additional_data,
    body,
    price_record,
)

logger = logging.getLogger(__name__)

_PAUSE = (1.0, 5.0)
_MEAN_PAUSE = sum(_PAUSE) / 2
_TIMEOUT = 30.0  # the original has none and hangs with its server
_JSON = {"Content-Type": "application/json"}
_JOIN_SECONDS = _TIMEOUT + 1

Say = Callable[[str], None]
Make = Callable[[random.Random, tuple[str, ...], float], Shape]


@dataclass(frozen=True, slots=True)
class ClassicRequest:
    """`rate` is posts a second of both loops together; None: the original's pauses of 1..5 s."""

    url: str = URL
    symbols: tuple[str, ...] = SYMBOLS
    seed: int = 1
    rate: float | None = None
    duration_s: float | None = None


@dataclass(slots=True)
class Counted:
    """What one loop has posted, and how much of it was not taken."""

    sent: int = 0
    failed: int = 0


class Classic:
    """Both loops; `run` returns at the end, at a set `stop` or on Ctrl-C."""

    def __init__(
        self, request: ClassicRequest, say: Say, stop: threading.Event | None = None
    ) -> None:
        self.prices, self.additional = Counted(), Counted()
        self.seconds = 0.0
        self._request, self._say = request, say
        # Connections are not kept, as the original keeps none.
        self._client = httpx.Client(
            timeout=_TIMEOUT, limits=httpx.Limits(max_keepalive_connections=0)
        )
        self._stop = stop or threading.Event()
        self._deadline = (
            None if request.duration_s is None else time.monotonic() + request.duration_s
        )
        pause = 1.0 if request.rate is None else 2 / (request.rate * _MEAN_PAUSE)
        self._pauses = (_PAUSE[0] * pause, _PAUSE[1] * pause)

    def run(self, tell: Callable[[], None]) -> bool:
        """Post until it is over; `tell` is called now and then. False when it was interrupted."""
        began = time.monotonic()
        other = threading.Thread(
            target=self._loop,
            args=(additional_data, self.additional, self._request.seed + 1, lambda: None),
            name="additional-data",
            daemon=True,
        )
        other.start()
        try:
            self._loop(price_record, self.prices, self._request.seed, tell)
            over = not self._stop.is_set()
        except KeyboardInterrupt:
            over = False
        self._stop.set()
        other.join(_JOIN_SECONDS)
        self._client.close()
        self.seconds = time.monotonic() - began
        return over

    @property
    def sent(self) -> int:
        """Requests of both loops."""
        return self.prices.sent + self.additional.sent

    @property
    def failed(self) -> int:
        """Those that were not answered with exactly 200."""
        return self.prices.failed + self.additional.failed

    def summary(self, *, interrupted: bool) -> dict[str, Any]:
        """By the names that programs read."""
        return {
            "to": self._request.url,
            "prices": self.prices.sent,
            "additional": self.additional.sent,
            "failed": self.failed,
            "seconds": round(self.seconds, 3),
            "requests_per_second": round(self.sent / self.seconds, 2) if self.seconds else 0,
            "interrupted": interrupted,
        }

    def _loop(self, make: Make, counted: Counted, seed: int, tell: Callable[[], None]) -> None:
        rng = random.Random(seed)  # noqa: S311  # a market, no secret
        due = time.monotonic()
        while not self._over():
            record = make(rng, self._request.symbols, time.time())
            counted.failed += not self._post(record)
            counted.sent += 1
            tell()
            # From the time that it was due, not from the answer: else the rate sinks under load.
            due = max(due + rng.uniform(*self._pauses), time.monotonic() - self._pauses[1])
            self._sleep(due, tell)

    def _post(self, record: Shape) -> bool:
        """One request on a connection of its own, as the original makes it."""
        try:
            answer = self._client.post(self._request.url, content=body(record), headers=_JSON)
        except httpx.HTTPError as error:
            self._say(f"Error occurred: {error}")
            return False
        if answer.status_code != 200:
            self._say(f"Failed to send data: {record} Response: {answer.text}")
        return answer.status_code == 200

    def _over(self) -> bool:
        late = self._deadline is not None and time.monotonic() >= self._deadline
        return late or self._stop.is_set()

    def _sleep(self, due: float, tell: Callable[[], None]) -> None:
        until = due if self._deadline is None else min(due, self._deadline)
        while (left := until - time.monotonic()) > 0:
            if self._stop.wait(min(left, 0.5)):
                return
            tell()
