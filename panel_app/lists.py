"""How far one session has come in what is not a chart: watchlist, sparklines, alerts, status."""

from collections.abc import Sequence
from typing import Any

from panel_app.market import Market


class ListsReader:
    """Each method gives the part of a frame that is news, or nothing."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._version, self._symbols = -1, 0
        self._alert = -1
        self._sparks: dict[str, list[float]] = {}
        self._known: dict[str, Any] = {}

    def watchlist(self, sparks: Sequence[str]) -> dict[str, Any]:
        """Rows that changed, and the sparklines of the rows on screen that did."""
        news: dict[str, Any] = {}
        rows = self._market.watchlist.read(self._version, self._symbols)
        if rows is not None:
            self._version = rows.version
            self._symbols = len(rows.symbols) + (0 if rows.whole else self._symbols)
            news["watchlist"] = {
                "whole": rows.whole,
                "from": rows.since,
                "version": rows.version,
                "symbols": rows.symbols,
                "rows": rows.rows,
            }
        found = {name: spark for name in sparks if (spark := self._market.watchlist.spark(name))}
        changed = {name: spark for name, spark in found.items() if spark != self._sparks.get(name)}
        self._sparks = found
        return news | ({"sparks": changed} if changed else {})

    def alerts(self) -> dict[str, Any]:
        """All that are kept, and then those that arrived."""
        whole = self._alert < 0
        number, arrived = self._market.alerts.read(max(0, self._alert))
        self._alert = number
        if not whole and not arrived:
            return {}
        return {"alerts": {"whole": whole, "rows": [alert.payload() for alert in arrived]}}

    def changed(self, name: str, value: Any) -> dict[str, Any]:
        """{name: value} where it is not what the page has."""
        if name in self._known and self._known[name] == value:
            return {}
        self._known[name] = value
        return {name: value}
