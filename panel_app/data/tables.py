"""`/data` handlers of lists: watchlist, alerts, performance, equity."""

from typing import Any

import msgspec

from panel_app.alerts import Alert, AlertFilter
from panel_app.data.http import NOT_ADVICE, DataHandler
from panel_app.data.queries import alert_page, bar_page, performance_of, signals_between
from panel_app.store import Key
from streams.domain.equity import Call, Price, follow
from streams.domain.interval import interval_ms
from streams.domain.tick import MAX_TS

_FILTERS = ("kind", "side", "severity")


class WatchlistHandler(DataHandler):
    """`/data/watchlist`."""

    async def answer(self) -> dict[str, Any]:
        watchlist = self.desk.sources.market.watchlist
        rows = watchlist.read(-1, 0)
        sparks = {name: spark for name in self.words("sparks") if (spark := watchlist.spark(name))}
        return {
            "version": rows.version if rows else 0,
            "symbols": rows.symbols if rows else [],
            "rows": rows.rows if rows else msgspec.Raw(b"[]"),
            "sparks": sparks,
        }


class AlertsHandler(DataHandler):
    """`/data/alerts`."""

    async def answer(self) -> dict[str, Any]:
        names = {name: self.get_query_argument(name, "")[:100] for name in _FILTERS}
        wanted = AlertFilter(**names, symbol=self.symbol(""))
        before = self.number("before", MAX_TS, 0, MAX_TS)
        limit = self.number("limit", 100, 1, 1_000)
        if not self.desk.history.database.up:
            alerts = self.desk.sources.market.alerts.newest(wanted, before, limit + 1)
            return _alerts([(alert, []) for alert in alerts], limit, "memory")
        found = await self.query(lambda c: alert_page(c, wanted, before, limit + 1))
        return _alerts(found, limit, "postgresql")


def _alerts(
    found: list[tuple[Alert, list[dict[str, Any]]]], limit: int, source: str
) -> dict[str, Any]:
    rows = [alert.payload() | {"notifications": told} for alert, told in found[:limit]]
    return {"alerts": rows, "more": len(found) > limit, "source": source}


class PerformanceHandler(DataHandler):
    """`/data/performance`."""

    async def answer(self) -> dict[str, Any]:
        symbol = self.symbol("")
        found = await self.query(lambda connection: performance_of(connection, symbol))
        return {"advice": NOT_ADVICE, **found}


class EquityHandler(DataHandler):
    """`/data/equity`."""

    async def answer(self) -> dict[str, Any]:
        key, kind = self.key(), self.get_query_argument("kind", "breakout")[:100]
        cost = self.number("cost_bps", 0, 0, 1_000)
        short = bool(self.number("short", 1, 0, 1))
        limit = self.number("limit", 5_000, 1, 50_000)
        prices, calls, source = await self._followed(key, kind, limit)
        found = follow(prices, calls, cost / 10_000, short=short)
        return {
            "advice": NOT_ADVICE,
            "symbol": key.symbol,
            "interval": key.interval,
            "kind": kind,
            "cost_bps": cost,
            "source": source,
            **msgspec.to_builtins(found),
        }

    async def _followed(
        self, key: Key, kind: str, limit: int
    ) -> tuple[list[Price], list[Call], str]:
        """Bars and signals: from the archive where it is up, else what is in memory."""
        length = interval_ms(key.interval)
        if self.desk.history.database.up:
            held = await self.query(lambda c: bar_page(c, key, MAX_TS, limit))
            since = held[0][0] if held else 0
            alerts = await self.query(lambda c: signals_between(c, key, since, MAX_TS, kind))
            prices = [Price(start, row[0], row[3]) for start, row in held]
            return prices, [_call(alert, length) for alert in alerts], "postgresql"
        market = self.desk.sources.market
        found = [Price(s, row[0], row[3]) for s, row, final in market.store.bars_of(key) if final]
        wanted = AlertFilter(kind=kind, symbol=key.symbol)
        alerts = market.alerts.newest(wanted, MAX_TS, limit)
        of_key = [alert for alert in alerts if alert.signal.interval == key.interval]
        return found[-limit:], [_call(alert, length) for alert in reversed(of_key)], "memory"


def _call(alert: Alert, length: int) -> Call:
    return Call(alert.signal.time - length, alert.signal.side)
