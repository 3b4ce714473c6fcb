"""What PostgreSQL has, into the market: at the start, after an outage, after a hole, on request."""

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from math import nan
from threading import Event
from typing import Any

from sqlalchemy import Connection, Row, Table, func, select

from panel_app.alerts import KEPT, Alert, bar_start
from panel_app.database import Database
from panel_app.day_seeds import day_seeds
from panel_app.market import Market
from panel_app.store import DEEP, Key
from streams.adapters.database.tables import anomalies, bars, indicators, signals
from streams.domain.anomaly import Anomaly
from streams.domain.bar import Bar
from streams.domain.errors import ServiceError
from streams.domain.indicator_row import IndicatorRow
from streams.domain.signal import Side, Signal

logger = logging.getLogger(__name__)

_BATCH = 100


@dataclass(frozen=True, slots=True)
class Pauses:
    """Seconds: between looks for the server, between refreshes, and before each try at the days.

    The archive is a moment behind the topics: rows that could not be joined are tried again.
    """

    look: float = 3.0
    refresh: float = 5.0
    seeds: tuple[float, ...] = (0.0, 5.0, 20.0, 60.0)


_USUAL = Pauses()


class History:
    """Fills the market in the background; a database that is away is said in the log, no more."""

    def __init__(
        self,
        address: Callable[[], str],
        market: Market,
        shortest: str,
        strength: str,
        *,
        pauses: Pauses = _USUAL,
    ) -> None:
        """`shortest` and `strength` are the intervals of the watchlist's day and RSI."""
        self.database = Database(address, self.refresh, pauses.look)
        self._pauses = pauses
        self._market = market
        self._intervals = shortest, strength
        self._refreshed = float("-inf")
        self._stop = Event()
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="history")
        self._seeding = ThreadPoolExecutor(1, thread_name_prefix="seeds")

    def start(self) -> None:
        self.database.start()

    def close(self) -> None:
        self._stop.set()
        self.database.stop()
        for pool in (self._pool, self._seeding):
            pool.shutdown(wait=False, cancel_futures=True)

    def load(self, key: Key) -> "Future[None]":
        """Add the last 1,000 bars of a series, with their averages and signals."""
        return self._pool.submit(self._safely, lambda connection: self._series(connection, key))

    def refresh(self) -> None:
        """Load symbols, days, alerts, and every series that somebody looks at; any thread."""
        now = time.monotonic()
        if self._stop.is_set() or now - self._refreshed < self._pauses.refresh:
            return
        self._refreshed = now
        self._pool.submit(self._safely, self._alerts)
        for key in self._market.store.watched():
            self.load(key)
        self._seeding.submit(self._seed)

    def _safely(self, query: Callable[[Connection], None]) -> None:
        try:
            self.database.run(query)
        except ServiceError as error:
            level = logging.WARNING if self.database.up else logging.DEBUG  # said once already
            logger.log(level, "history not loaded error=%s", error)

    def _seed(self) -> None:
        """The day so far of every symbol; those that the archive is behind with, again later."""
        for pause in self._pauses.seeds:
            if self._stop.wait(pause):
                return
            self._safely(self._symbols)
            wanted = self._market.watchlist.unseeded(self._market.store.symbols(-1) or ())
            for at in range(0, len(wanted), _BATCH):
                if self._stop.is_set():
                    return
                self._safely(partial(self._days, wanted[at : at + _BATCH]))

    def _days(self, symbols: Sequence[str], connection: Connection) -> None:
        self._market.watchlist.seed(day_seeds(connection, symbols, *self._intervals))

    def _symbols(self, connection: Connection) -> None:
        """One index look-up a symbol: DISTINCT would read every bar."""
        first = select(func.min(bars.c.symbol).label("symbol")).cte("names", recursive=True)
        after = (
            select(func.min(bars.c.symbol)).where(bars.c.symbol > first.c.symbol).scalar_subquery()
        )
        names = first.union_all(select(after).where(first.c.symbol.is_not(None)))
        found = connection.execute(select(names.c.symbol).where(names.c.symbol.is_not(None)))
        self._market.store.add_symbols(found.scalars())

    def _series(self, connection: Connection, key: Key) -> None:
        store = self._market.store
        for row in _last(connection, bars, key):
            store.put_bar(
                Bar(
                    key.symbol, key.interval, row.start_ms, row.end_ms, row.open, row.high,
                    row.low, row.close, row.volume, row.vwap, row.trades, row.last_ts_ms,
                )
            )  # fmt: skip
        for row in _last(connection, indicators, key):
            values = {name: _number(value) for name, value in row._mapping["values"].items()}
            store.put_indicators(
                IndicatorRow(
                    key.symbol, key.interval, row.start_ms, row.end_ms, row.open, row.high,
                    row.low, row.close, row.volume, row.vwap, row.trades, row.warm, values,
                    dict(row.votes),
                )
            )  # fmt: skip
        for alert in [*_found(connection, signals, key), *_found(connection, anomalies, key)]:
            if alert.drawn:
                store.put_marker(alert.signal, bar_start(alert.signal))

    def _alerts(self, connection: Connection) -> None:
        for table in (signals, anomalies):
            query = select(table).order_by(table.c.time_ms.desc()).limit(KEPT)
            for row in reversed(connection.execute(query).all()):
                self._market.alerts.put(alert_of(table, row))


def _found(connection: Connection, table: Table, key: Key) -> list[Alert]:
    """The newest signals or anomalies of a series."""
    of_key = (table.c.symbol == key.symbol) & (table.c.interval == key.interval)
    query = select(table).where(of_key).order_by(table.c.time_ms.desc()).limit(DEEP)
    return [alert_of(table, row) for row in connection.execute(query)]


def alert_of(table: Table, row: Row[Any]) -> Alert:
    """A signal or an anomaly as it is stored."""
    return Alert.of(_anomaly_of(row)) if table is anomalies else Alert(signal_of(row))


def _anomaly_of(row: Row[Any]) -> Anomaly:
    return Anomaly(
        row.id, row.time_ms, row.symbol, row.interval, row.kind, row.severity, row.value,
        row.expected, row.threshold, row.start_ms, row.price, row.reason,
    )  # fmt: skip


def signal_of(row: Row[Any]) -> Signal:
    """A signal as it is stored."""
    return Signal(
        row.id, row.time_ms, row.symbol, row.interval, row.kind, Side(row.side),
        row.price, row.strength, row.warm, row.reason,
    )  # fmt: skip


def _number(value: float | None) -> float:
    """JSON has no NaN: the store writes null for it."""
    return nan if value is None else value


def _last(connection: Connection, table: Table, key: Key) -> list[Row[Any]]:
    """The newest rows of a series, oldest first: each is appended and none inserted."""
    query = (
        select(table)
        .where((table.c.symbol == key.symbol) & (table.c.interval == key.interval))
        .order_by(table.c.start_ms.desc())
        .limit(DEEP)
    )
    return list(reversed(connection.execute(query).all()))
