"""What the `/data` handlers ask PostgreSQL."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, Table, and_, func, select, tuple_

from panel_app.alerts import Alert, AlertFilter
from panel_app.history import alert_of, signal_of
from panel_app.store import Key
from streams.adapters.database.tables import (
    anomalies,
    bars,
    context,
    day_summaries,
    indicators,
    notifications,
    scorecards,
    signals,
)
from streams.domain.anomaly import KIND_PREFIX
from streams.domain.scorecard import POOLED
from streams.domain.signal import Side
from streams.domain.tick import MAX_TS

_BAR = ("start_ms", "open", "high", "low", "close", "volume", "vwap", "trades")
_CONTEXT = {
    "order_book": ("order_type", "price", "quantity"),
    "news_sentiment": ("sentiment_score", "sentiment_magnitude"),
    "market_data": ("market_cap", "pe_ratio"),
    "economic_indicator": ("indicator_name", "value"),
}
_SHOWN = {
    "order_book": "order_book",
    "news_sentiment": "news",
    "market_data": "fundamentals",
    "economic_indicator": "economy",
}
HeldRow = tuple[int, tuple[float, ...]]


def bar_page(connection: Connection, key: Key, before: int, limit: int) -> list[HeldRow]:
    """The last bars (start, row as in the store) before a start, oldest first."""
    return list(reversed(_bars(connection, _bar_query(key, 0, before, limit, newest=True))))


def bars_between(
    connection: Connection, key: Key, since: int, until: int, limit: int
) -> list[HeldRow]:
    """The first bars that start in `[since, until)`, oldest first."""
    return _bars(connection, _bar_query(key, since, until, limit, newest=False))


def _bar_query(key: Key, since: int, until: int, limit: int, *, newest: bool) -> Select[Any]:
    same = [bars.c[name] == indicators.c[name] for name in ("symbol", "interval", "start_ms")]
    order = bars.c.start_ms.desc() if newest else bars.c.start_ms
    return (
        select(*(bars.c[name] for name in _BAR), indicators.c["values"])
        .select_from(bars.outerjoin(indicators, and_(*same)))
        .where((bars.c.symbol == key.symbol) & (bars.c.interval == key.interval))
        .where((bars.c.start_ms >= since) & (bars.c.start_ms < until))
        .order_by(order)
        .limit(limit)
    )


def _bars(connection: Connection, query: Select[Any]) -> list[HeldRow]:
    found = []
    for row in connection.execute(query):
        values = row._mapping["values"] or {}
        emas = (values.get("ema38"), values.get("ema100"))
        known = tuple(float("nan") if value is None else value for value in emas)
        found.append((row.start_ms, (*row[1:8], *known)))
    return found


def signals_between(
    connection: Connection, key: Key, since: int, until: int, kind: str = ""
) -> list[Alert]:
    """The signals of a series whose bar ends in `(since, until]`, oldest first."""
    query = _between(signals, key, since, until)
    if kind:
        query = query.where(signals.c.kind == kind)
    return [Alert(signal_of(row)) for row in connection.execute(query)]


def found_between(connection: Connection, key: Key, since: int, until: int) -> list[Alert]:
    """Signals and anomalies of a series within `(since, until]`, oldest first."""
    found = signals_between(connection, key, since, until)
    rows = connection.execute(_between(anomalies, key, since, until))
    found += [alert_of(anomalies, row) for row in rows]
    return sorted(found, key=lambda alert: (alert.signal.time, alert.signal.id))


def _between(table: Table, key: Key, since: int, until: int) -> Select[Any]:
    return (
        select(table)
        .where((table.c.symbol == key.symbol) & (table.c.interval == key.interval))
        .where((table.c.time_ms > since) & (table.c.time_ms <= until))
        .order_by(table.c.time_ms, table.c.id)
    )


def alert_page(
    connection: Connection, wanted: AlertFilter, before: int, limit: int
) -> list[tuple[Alert, list[dict[str, Any]]]]:
    """Signals and anomalies before a time, newest first, with their notifications."""
    found = _signal_page(connection, wanted, before, limit)
    found += _anomaly_page(connection, wanted, before, limit)
    found.sort(key=lambda alert: (alert.signal.time, alert.signal.id), reverse=True)
    told = _notifications(connection, [alert.signal.id for alert in found[:limit]])
    return [
        (alert._replace(severity=alert.severity or _severity(of_one)), of_one)
        for alert in found[:limit]
        for of_one in (told[alert.signal.id],)
    ]


def _anomaly_page(
    connection: Connection, wanted: AlertFilter, before: int, limit: int
) -> list[Alert]:
    """Empty where the filters ask for signals only."""
    if wanted.side not in ("", Side.NEUTRAL):
        return []
    if wanted.kind and not wanted.kind.startswith(KIND_PREFIX):
        return []
    c = anomalies.c
    query = select(anomalies).where(c.time_ms < min(before, MAX_TS))
    filters = {"kind": wanted.kind.removeprefix(KIND_PREFIX), "symbol": wanted.symbol}
    for name, value in {**filters, "severity": wanted.severity}.items():
        if value:
            query = query.where(c[name] == value)
    rows = connection.execute(query.order_by(c.time_ms.desc(), c.id.desc()).limit(limit))
    return [alert_of(anomalies, row) for row in rows]


def _signal_page(
    connection: Connection, wanted: AlertFilter, before: int, limit: int
) -> list[Alert]:
    query = select(signals).where(signals.c.time_ms < min(before, MAX_TS))
    for name in ("kind", "side", "symbol"):
        if value := getattr(wanted, name):
            query = query.where(signals.c[name] == value)
    if wanted.severity:
        named = notifications.c.severity == wanted.severity
        query = query.where(
            signals.c.id.in_(select(notifications.c.signal_id).where(named).scalar_subquery())
        )
    order = (signals.c.time_ms.desc(), signals.c.id.desc())
    return [
        Alert(signal_of(row)) for row in connection.execute(query.order_by(*order).limit(limit))
    ]


def _severity(told: Sequence[dict[str, Any]]) -> str | None:
    return next((each["severity"] for each in told if each["severity"]), None)


def _notifications(connection: Connection, ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    c = notifications.c
    query = select(
        c.signal_id, c.channel, c.status, c.attempts, c.delivered_ms, c.error, c.severity
    )
    told: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in connection.execute(query.where(c.signal_id.in_(ids)).order_by(c.channel)):
        told[row.signal_id].append(
            {
                "channel": row.channel, "status": row.status, "attempts": row.attempts,
                "delivered": row.delivered_ms, "error": row.error, "severity": row.severity,
            }
        )  # fmt: skip
    return told


def context_of(connection: Connection, symbol: str, limit: int) -> dict[str, list[dict[str, Any]]]:
    """The newest facts of each kind about a symbol, and about the economy."""
    found = {}
    for kind, columns in _CONTEXT.items():
        query = select(context.c.time_ms.label("time"), *(context.c[name] for name in columns))
        query = query.where(context.c.kind == kind)
        if kind != "economic_indicator":
            query = query.where(context.c.symbol == symbol)
        rows = connection.execute(query.order_by(context.c.time_ms.desc()).limit(limit))
        found[_SHOWN[kind]] = [dict(row) for row in rows.mappings()]
    return found


def performance_of(connection: Connection, symbol: str) -> dict[str, list[dict[str, Any]]]:
    """Day summaries and scorecards, of one symbol or (empty) of all."""
    d, s = day_summaries.c, scorecards.c
    days = select(day_summaries)
    if symbol:
        days = days.where(d.symbol == symbol).order_by(d.day_ms.desc()).limit(250)
    else:
        newest = select(d.symbol, func.max(d.day_ms)).group_by(d.symbol)
        days = days.where(tuple_(d.symbol, d.day_ms).in_(newest)).order_by(d.symbol)
    cards = select(scorecards).where(s.symbol == (symbol or POOLED))
    cards = cards.order_by(s.rule, s.interval, s.horizon, s.warm.desc())
    return {
        "summaries": [_renamed(row) for row in connection.execute(days).mappings()],
        "scorecards": [dict(row) for row in connection.execute(cards).mappings()],
    }


def _renamed(row: Any) -> dict[str, Any]:
    return {("day" if name == "day_ms" else name): value for name, value in row.items()}
