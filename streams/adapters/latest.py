"""Latest values in Redis, for whoever wants them at once: a cache, never the truth.

Keys: `latest_price:{symbol}`, `indicators:{symbol}`, `indicators:{symbol}:{interval}`,
`aggregated:{symbol}:{interval}` and `predictions:{symbol}:{interval}`; each is JSON and lives five
minutes. Without Redis, or while it is away, everything else goes on. Only the archive writes them:
what a reader has found elsewhere is kept, for seconds, under `found_price:{symbol}`, and of the two
the newer one counts.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from streams.domain.errors import ConfigError, ServiceError

logger = logging.getLogger(__name__)

TTL_SECONDS = 300
_TIMEOUT_SECONDS = 1.0
# After a failure Redis is left alone for a while: waiting for it would hold up the archive.
_PAUSE_SECONDS = 30.0
# A reader has somebody waiting.
_READ_TIMEOUT_SECONDS = 0.25
_FOUND_TTL_MS = 2_000

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
            self._client = _connect(str(self._url), _TIMEOUT_SECONDS)
        pipeline = self._client.pipeline(transaction=False)
        for key, latest in pending.items():
            pipeline.set(key, _encode(latest.value), ex=TTL_SECONDS)
        pipeline.execute()


class LatestPrice(msgspec.Struct, frozen=True):
    """The newest tick of a symbol: `ts` is epoch ms UTC, `size` is None where it had none."""

    symbol: str
    ts: int
    price: float
    size: float | None = None


_price = msgspec.json.Decoder(LatestPrice)


class LatestPrices:
    """The read side of `latest_price`; for any number of threads."""

    def __init__(self, url: str) -> None:
        """`url` is `redis://` or `unix://`; nothing is connected before the first read.

        Raises ConfigError when it is none.
        """
        try:
            self._client = _connect(url, _READ_TIMEOUT_SECONDS)
        except ValueError as error:  # its text may hold the password: not repeated
            raise ConfigError("REDIS_URL: expected redis://..., was no such URL") from error

    def get(self, symbol: str) -> LatestPrice | None:
        """The newest that is known; None when none is. ServiceError when Redis does not answer."""
        keys = [f"latest_price:{symbol}", f"found_price:{symbol}"]
        values = self._call(lambda client: client.mget(keys))
        prices = [price for price in map(_read_price, values) if price and price.symbol == symbol]
        return max(prices, key=lambda price: price.ts, default=None)

    def keep(self, price: LatestPrice) -> None:
        """Keep one that was found elsewhere for a moment; it never replaces the archive's."""
        key = f"found_price:{price.symbol}"
        self._call(lambda client: client.set(key, _encode(price), px=_FOUND_TTL_MS))

    def _call(self, command: Callable[[Any], Any]) -> Any:
        from redis.exceptions import RedisError

        try:
            return command(self._client)
        except (RedisError, OSError) as error:
            raise ServiceError(f"Redis: {error}") from error


def _read_price(value: bytes | None) -> LatestPrice | None:
    """None also for what is no price: anybody may write to a cache."""
    try:
        return _price.decode(value) if value else None
    except msgspec.MsgspecError:
        logger.warning("redis value refused value=%r", value[:80] if value else value)
        return None


def _connect(url: str, timeout: float) -> Any:
    """A client that gives up within the timeout (seconds); a lost connection is made again once."""
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.exceptions import ConnectionError as LostError
    from redis.retry import Retry

    return Redis.from_url(
        url,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        retry=Retry(NoBackoff(), 1, supported_errors=(LostError,)),
    )
