"""How often a client may post: a fixed window, shared by all copies where there is a Redis."""

import logging
import math
import threading
import time
from collections.abc import Callable
from typing import Any

from flask import Response
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import FixedWindowRateLimiter

from functions._shared.problems import problem
from streams.domain.errors import ConfigError

logger = logging.getLogger(__name__)

_TIMEOUT_SECONDS = 0.5
# After a failure Redis is left alone for a while: waiting for it would hold up every request.
_PAUSE_SECONDS = 30.0
_MAX_CLIENT = 64


def parse_rate(text: str) -> RateLimitItem:
    """`1000/second`. Raises ConfigError."""
    try:
        return parse(text)
    except ValueError as error:
        raise ConfigError(
            f"TAPEDECK_INGEST_RATE: expected such as 1000/second or 60/minute, was {text!r}"
        ) from error


class Rate:
    """Counts requests per client and window."""

    def __init__(
        self,
        rate: RateLimitItem,
        redis_address: Callable[[], str | None],
        *,
        prefix: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`redis_address` is asked when Redis is first needed, and again after it failed."""
        self._rate = rate
        self._redis_address = redis_address
        self._prefix = f"{prefix}tapedeck-ingest"
        self._clock = clock
        self._asked = -math.inf
        self._making = threading.Lock()
        self._shared: FixedWindowRateLimiter | None = None
        self._own = FixedWindowRateLimiter(MemoryStorage())
        self._outage = _outage()

    def refuse(self, client: str) -> Response | None:
        """The answer to a client that has used up its window, or None."""
        seconds = self._wait(client[:_MAX_CLIENT])
        if seconds is None:
            return None
        detail = f"rate: expected at most {self._rate} from one client, was more"
        return problem(429, detail, {"Retry-After": str(seconds)})

    def _wait(self, client: str) -> int | None:
        """Seconds until the client's window ends, when it is used up."""
        if (shared := self._redis()) is not None:
            try:
                return _hit(shared, self._rate, client)
            except self._outage as error:
                self._shared = None
                logger.warning("redis outage pause_s=%g error=%s", _PAUSE_SECONDS, error)
        return _hit(self._own, self._rate, client)

    def _redis(self) -> FixedWindowRateLimiter | None:
        """The limiter that all copies share; requests that come while it is made wait for it."""
        if self._shared is not None:
            return self._shared
        with self._making:
            if self._shared is None and self._clock() >= self._asked + _PAUSE_SECONDS:
                self._asked = self._clock()
                self._shared = self._connected()
            return self._shared

    def _connected(self) -> FixedWindowRateLimiter | None:
        url = self._redis_address()
        try:
            return FixedWindowRateLimiter(_storage(url, self._prefix)) if url else None
        except ValueError:  # its text may hold the password: not repeated
            logger.warning("REDIS_URL: expected redis://... or unix://..., was neither")
            return None


def _outage() -> tuple[type[Exception], ...]:
    """What a Redis that is away raises. Imported before there are threads: limits looks for the
    version of a module that another thread may have imported by half."""
    from redis.exceptions import RedisError

    return RedisError, OSError


def _hit(limiter: FixedWindowRateLimiter, rate: RateLimitItem, client: str) -> int | None:
    if limiter.hit(rate, client):
        return None
    ends = limiter.get_window_stats(rate, client).reset_time
    return max(1, math.ceil(ends - time.time()))


def _storage(url: str, prefix: str) -> RedisStorage:
    """Not connected yet. Raises ValueError when the URL is none of Redis."""
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    options: dict[str, Any] = {
        "socket_timeout": _TIMEOUT_SECONDS,
        "socket_connect_timeout": _TIMEOUT_SECONDS,
        "retry": Retry(NoBackoff(), 1),
    }
    return RedisStorage(url.replace("unix://", "redis+unix://"), key_prefix=prefix, **options)
