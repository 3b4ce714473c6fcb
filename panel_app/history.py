"""History from PostgreSQL: the symbols there are, and the last bars of a series on request."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from math import nan
from typing import Any

from sqlalchemy import Connection, Engine, Row, Table, func, select
from sqlalchemy.exc import SQLAlchemyError

from panel_app.store import DEEP, Key, Store
from streams.adapters.database import connect_engine
from streams.adapters.database.tables import bars, indicators, signals
from streams.domain.bar import Bar
from streams.domain.indicator_row import IndicatorRow
from streams.domain.interval import interval_ms
from streams.domain.signal import Side, Signal

logger = logging.getLogger(__name__)


class History:
    """Fills the store in the background; an unreachable database is said in the log, no more."""

    def __init__(self, url: str, store: Store) -> None:
        self._engine: Engine = connect_engine(url, pool_size=2)
        self._store = store
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="history")

    def load_symbols(self) -> None:
        self._pool.submit(self._safely, self._symbols)

    def load(self, key: Key) -> None:
        """Add the last 1,000 bars of a series, with their averages and signals."""
        self._pool.submit(self._safely, lambda connection: self._series(connection, key))

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._engine.dispose()

    def _safely(self, query: Callable[[Connection], None]) -> None:
        try:
            with self._engine.connect() as connection:
                query(connection)
        except SQLAlchemyError as error:
            reason = str(getattr(error, "orig", error)).strip().partition("\n")[0]
            logger.warning("history unavailable error=%s", reason)

    def _symbols(self, connection: Connection) -> None:
        """One index look-up a symbol: DISTINCT would read every bar."""
        first = select(func.min(bars.c.symbol).label("symbol")).cte("names", recursive=True)
        after = (
            select(func.min(bars.c.symbol)).where(bars.c.symbol > first.c.symbol).scalar_subquery()
        )
        names = first.union_all(select(after).where(first.c.symbol.is_not(None)))
        found = connection.execute(select(names.c.symbol).where(names.c.symbol.is_not(None)))
        self._store.add_symbols(found.scalars())

    def _series(self, connection: Connection, key: Key) -> None:
        for row in _last(connection, bars, key):
            self._store.put_bar(
                Bar(
                    key.symbol, key.interval, row.start_ms, row.end_ms, row.open, row.high,
                    row.low, row.close, row.volume, row.vwap, row.trades, row.last_ts_ms,
                )
            )  # fmt: skip
        for row in _last(connection, indicators, key):
            values = {name: row._mapping["values"].get(name, nan) for name in ("ema38", "ema100")}
            self._store.put_indicators(
                IndicatorRow(
                    key.symbol, key.interval, row.start_ms, row.end_ms, row.open, row.high,
                    row.low, row.close, row.volume, row.vwap, row.trades, row.warm, values,
                )
            )  # fmt: skip
        self._signals(connection, key)

    def _signals(self, connection: Connection, key: Key) -> None:
        of_key = (signals.c.symbol == key.symbol) & (signals.c.interval == key.interval)
        query = select(signals).where(of_key).order_by(signals.c.time_ms.desc()).limit(DEEP)
        for row in connection.execute(query):
            signal = Signal(
                row.id, row.time_ms, row.symbol, row.interval, row.kind, Side(row.side),
                row.price, row.strength, row.warm, row.reason,
            )  # fmt: skip
            self._store.put_signal(signal, signal.time - interval_ms(signal.interval))


def _last(connection: Connection, table: Table, key: Key) -> list[Row[Any]]:
    """The newest rows of a series, oldest first: each is appended and none inserted."""
    query = (
        select(table)
        .where((table.c.symbol == key.symbol) & (table.c.interval == key.interval))
        .order_by(table.c.start_ms.desc())
        .limit(DEEP)
    )
    return list(reversed(connection.execute(query).all()))
