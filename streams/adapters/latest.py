"""Latest values in Redis, for whoever wants them at once: a cache, never the truth.

Keys: `latest_price:{symbol}`, `indicators:{symbol}`, `indicators:{symbol}:{interval}` and
`aggregated:{symbol}:{interval}`; each is JSON and lives five minutes. Without Redis, or while it is
away, everything else goes on.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

logger = logging.getLogger(__name__)

TTL_SECONDS = 300
_TIMEOUT_SECONDS = 1.0
# After a failure Redis is left alone for a while: waiting for it would hold up the archive.
_PAUSE_SECONDS = 30.0

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Latest:
    """A value worth keeping under a key, and the time (epoch ms) that it is about."""

    key: str
    time: int
    value: Any


class LatestValues:
    """Collects values and writes them in one round trip; an older one never replaces a newer."""

    def __init__(self, url: str | None, clock: Callable[[], float] = time.monotonic) -> None:
        """`url` None: there is no Redis, nothing is kept."""
        self._url = url
        self._clock = clock
        self._client: Any = None
        self._pending: dict[str, Latest] = {}
        self._newest: dict[str, int] = {}
        self._paused_until = float("-inf")

    def add(self, latest: Latest) -> None:
        """Keep it until `write`, unless a newer one is known."""
        if self._url is None:
            return
        known = self._pending.get(latest.key)
        if latest.time >= (self._newest.get(latest.key, 0) if known is None else known.time):
            self._pending[latest.key] = latest

    def clear(self) -> None:
        """Forget what is not written."""
        self._pending = {}

    def write(self) -> bool:
        """Write what was added; False (and a warning in the log) when Redis did not take it."""
        from redis.exceptions import RedisError

        pending, self._pending = self._pending, {}
        if not pending or self._clock() < self._paused_until:
            return True
        try:
            self._set(pending)
        except (RedisError, OSError) as error:
            self._paused_until = self._clock() + _PAUSE_SECONDS
            logger.warning(
                "redis outage values=%d pause_s=%g error=%s", len(pending), _PAUSE_SECONDS, error
            )
            return False
        self._newest.update((key, latest.time) for key, latest in pending.items())
        return True

    def _set(self, pending: dict[str, Latest]) -> None:
        if self._client is None:
            self._client = _connect(str(self._url))
        pipeline = self._client.pipeline(transaction=False)
        for key, latest in pending.items():
            pipeline.set(key, _encode(latest.value), ex=TTL_SECONDS)
        pipeline.execute()


def _connect(url: str) -> Any:
    """A client that gives up within about a second."""
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return Redis.from_url(
        url,
        socket_timeout=_TIMEOUT_SECONDS,
        socket_connect_timeout=_TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 1),
    )
