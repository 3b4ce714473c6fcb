"""The latest price of a symbol: from this process, else Redis, else PostgreSQL.

```
 held 250 ms -> Redis (newest of the archive's and one found) -> PostgreSQL, kept in Redis for 2 s
```
Without Redis the rest does; a Redis that hangs costs one short time-out every few seconds.
"""

import logging

import msgspec
from prometheus_client import CollectorRegistry, Counter
from sqlalchemy import func, select

from functions.query.breaker import Breaker
from functions.query.database import Database
from functions.query.held import Held
from functions.query.listing import TICKS
from functions.query.symbols import newest_close
from streams.adapters.database.tables import tick_batches
from streams.adapters.latest import LatestPrice, LatestPrices
from streams.domain.errors import ServiceError

logger = logging.getLogger(__name__)

_HELD_SECONDS = 0.25
_HELD_SYMBOLS = 10_000
_PAUSE_SECONDS = 3.0

_encode = msgspec.json.Encoder().encode


class Latest:
    """Finds latest prices; counts which tier had them."""

    def __init__(
        self, database: Database, prices: LatestPrices | None, registry: CollectorRegistry
    ) -> None:
        """`prices` None: there is no Redis."""
        self._database = database
        self._prices = prices
        self._held: Held[bytes] = Held(_HELD_SECONDS, _HELD_SYMBOLS)
        self._breaker = Breaker(_PAUSE_SECONDS)
        self._lookups = Counter(
            "tapedeck_query_cache",
            "Lookups of latest prices by tier and outcome: hit, miss, error, skipped",
            ["tier", "outcome"],
            registry=registry,
        )

    def json(self, symbol: str) -> bytes | None:
        """The price as JSON, None when nothing is known; ServiceError when nobody can tell."""
        held = self._held.get(symbol)
        self._count("process", "miss" if held is None else "hit")
        if held is not None:
            return held
        price = self._cached(symbol) or self._stored(symbol)
        if price is None:
            return None
        body = _encode(
            {
                "symbol": price.symbol,
                "ts_ms": price.ts,
                "price": price.price,
                "size": price.size,
            }
        )
        self._held.put(symbol, body)
        return body

    def _cached(self, symbol: str) -> LatestPrice | None:
        if self._prices is None:
            return None
        if not self._breaker.allows():
            self._count("redis", "skipped")
            return None
        try:
            price = self._prices.get(symbol)
        except ServiceError as error:
            self._failed(error)
            return None
        self._breaker.worked()
        self._count("redis", "hit" if price else "miss")
        return price

    def _stored(self, symbol: str) -> LatestPrice | None:
        try:
            price = newest_tick(self._database, symbol)
        except ServiceError:
            self._count("postgres", "error")
            raise
        self._count("postgres", "hit" if price else "miss")
        if price is not None and self._prices is not None and self._breaker.allows():
            try:
                self._prices.keep(price)
            except ServiceError as error:
                self._failed(error)
        return price

    def _failed(self, error: ServiceError) -> None:
        self._count("redis", "error")
        if self._breaker.failed():
            logger.warning("redis outage pause_s=%g error=%s", _PAUSE_SECONDS, error)

    def _count(self, tier: str, outcome: str) -> None:
        self._lookups.labels(tier, outcome).inc()


def newest_tick(database: Database, symbol: str) -> LatestPrice | None:
    """From the tables: the last of the newest ticks, or the close of the newest bar without any."""
    c = TICKS.table.c
    newest = select(func.max(tick_batches.c.t_last)).where(tick_batches.c.symbol == symbol)
    rows = database.rows(
        select(c.ts_ms, c.price, c.size)
        .where(c.symbol == symbol, c.t_last == newest.scalar_subquery(), c.ts_ms == c.t_last)
        .order_by(c.source.desc(), c.first.desc(), c.seq.desc())
        .limit(1)
    )
    if rows:
        return LatestPrice(symbol, rows[0]["ts_ms"], rows[0]["price"], rows[0]["size"])
    bar = newest_close(database, symbol)
    return LatestPrice(symbol, bar["last_ts_ms"], bar["close"]) if bar else None
