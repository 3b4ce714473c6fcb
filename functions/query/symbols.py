"""Which symbols there are: by hops through the index of `bars`, not by reading the table."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import RowMapping, exists, literal, select, text, union_all

from functions.query.cursor import decode_cursor, encode_cursor, scope_of
from functions.query.database import Database
from functions.query.page import Page
from streams.adapters.database import tables
from streams.domain.errors import ConfigError
from streams.domain.interval import DAY_MS, interval_ms

_SCOPE = scope_of("symbols")

SYMBOL_COLUMNS = ("symbol", "intervals", "last_ts_ms", "close")

_ABOUT = (tables.bars, tables.tick_batches, tables.signals, tables.context, tables.day_summaries)

_SERIES = """
WITH RECURSIVE names(symbol) AS (
    {names}
), page AS (
    SELECT symbol FROM names WHERE symbol IS NOT NULL LIMIT :count
), series(symbol, interval) AS (
    SELECT p.symbol, (SELECT min(b.interval) FROM bars b WHERE b.symbol = p.symbol) FROM page p
    UNION ALL
    SELECT s.symbol, (SELECT min(b.interval) FROM bars b
                      WHERE b.symbol = s.symbol AND b.interval > s.interval)
    FROM series s WHERE s.interval IS NOT NULL
)
SELECT s.symbol, s.interval, n.last_ts_ms, n.close
FROM series s CROSS JOIN LATERAL (
    SELECT b.last_ts_ms, b.close FROM bars b
    WHERE b.symbol = s.symbol AND b.interval = s.interval ORDER BY b.start_ms DESC LIMIT 1
) n
ORDER BY s.symbol
"""
_ALL = text(
    _SERIES.format(
        names="""SELECT min(symbol) FROM bars WHERE symbol > :after
    UNION ALL
    SELECT (SELECT min(b.symbol) FROM bars b WHERE b.symbol > n.symbol)
    FROM names n WHERE n.symbol IS NOT NULL"""
    )
)
_ONE = text(_SERIES.format(names="SELECT CAST(:symbol AS text)"))


def read_symbols(database: Database, limit: int, cursor: str | None) -> Page:
    """A page of the symbols that have a final bar, in the order of the database's collation."""
    after = "" if cursor is None else decode_cursor(cursor, _SCOPE, [str])[0]
    rows = database.rows(_ALL, {"after": after, "count": limit + 1})
    items = _items(rows)
    if len(items) <= limit:
        return Page(items, None)
    return Page(items[:limit], encode_cursor(_SCOPE, [items[limit - 1]["symbol"]]))


def newest_close(database: Database, symbol: str) -> dict[str, Any] | None:
    """`last_ts_ms` and `close` of a symbol's newest bar, of whatever interval."""
    items = _items(database.rows(_ONE, {"symbol": symbol, "count": 1}))
    return items[0] if items else None


def is_known(database: Database, symbol: str) -> bool:
    """Whether anything is stored about it."""
    found = [select(literal(1)).where(exists().where(table.c.symbol == symbol)) for table in _ABOUT]
    return bool(database.rows(union_all(*found).limit(1)))


def _items(rows: Sequence[RowMapping]) -> list[dict[str, Any]]:
    items = []
    for symbol, series in groupby(rows, key=lambda row: row["symbol"]):
        found = list(series)
        newest = max(found, key=lambda row: row["last_ts_ms"])
        items.append(
            {
                "symbol": symbol,
                "intervals": sorted((row["interval"] for row in found), key=_length),
                "last_ts_ms": newest["last_ts_ms"],
                "close": newest["close"],
            }
        )
    return items


def _length(interval: str) -> int:
    """In ms; bars of a foreign producer may name theirs as they like, and come last."""
    try:
        return interval_ms(interval)
    except ConfigError:
        return DAY_MS + 1
