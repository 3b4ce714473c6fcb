"""Summaries of days in the table `day_summaries`, from the bars of the shortest interval."""

from typing import Any

from sqlalchemy import Connection, RowMapping, text
from sqlalchemy.dialects.postgresql import insert

from functions.aggregate.scores import Touched
from streams.adapters.database.tables import day_summaries as table
from streams.domain.day_summary import MAX_PRICE, MAX_VOLUME, MIN_PRICE, DayTotals, summarise
from streams.domain.interval import DAY_MS

_SANE = f"BETWEEN {MIN_PRICE:g} AND {MAX_PRICE:g}"
_END = 1 << 62

# From the last day that has a summary; from the beginning when the first day is new, or the
# interval; and days before that have a new signal.
_TOTALS = text(f"""
WITH since AS MATERIALIZED (
    SELECT a.symbol, a.shortest, CASE
        WHEN (SELECT d.interval FROM day_summaries d WHERE d.symbol = a.symbol
              AND d.day_ms = a.first_ms / {DAY_MS} * {DAY_MS}) = a.shortest
        THEN (SELECT max(d.day_ms) FROM day_summaries d WHERE d.symbol = a.symbol)
        ELSE 0 END AS from_ms
    FROM aggregated a WHERE a.symbol = ANY(CAST(:symbols AS text[]))
), spans AS (
    SELECT symbol, shortest, from_ms, {_END} AS to_ms FROM since
  UNION ALL
    SELECT s.symbol, s.shortest, t.day_ms, t.day_ms + {DAY_MS}
    FROM unnest(CAST(:touched AS text[]), CAST(:days AS bigint[])) AS t(symbol, day_ms)
    JOIN since s ON s.symbol = t.symbol AND t.day_ms < s.from_ms
), totals AS (
    SELECT s.symbol, s.shortest AS interval, d.*
    FROM spans s CROSS JOIN LATERAL (
        SELECT day_ms, count(*) AS bars, sum(trades)::bigint AS trades,
               (array_agg(open ORDER BY start_ms))[1] AS open, max(high) AS high, min(low) AS low,
               (array_agg(close ORDER BY start_ms))[count(*)] AS last,
               sum(volume ORDER BY start_ms) AS volume,
               sum(CASE WHEN volume > 0 THEN vwap * volume ELSE 0 END ORDER BY start_ms)
                   AS turnover,
               stddev_samp(log_return ORDER BY start_ms) AS volatility
        FROM (
            SELECT *, CASE WHEN lag(day_ms) OVER bars = day_ms
                           THEN log_close - lag(log_close) OVER bars END AS log_return
            FROM (
                SELECT b.start_ms, b.start_ms / {DAY_MS} * {DAY_MS} AS day_ms,
                       b.open, b.high, b.low, b.close, b.vwap, b.trades,
                       CASE WHEN b.close {_SANE} THEN ln(b.close) END AS log_close,
                       CASE WHEN b.vwap {_SANE}
                                 AND b.volume BETWEEN {1 / MAX_VOLUME:g} AND {MAX_VOLUME:g}
                            THEN b.volume ELSE 0 END AS volume
                FROM bars b
                WHERE b.symbol = s.symbol AND b.interval = s.shortest
                  AND b.start_ms >= s.from_ms AND b.start_ms < s.to_ms
            ) steps WINDOW bars AS (ORDER BY start_ms)
        ) returns GROUP BY day_ms
    ) d
)
SELECT t.*, p.close AS previous_last, coalesce(c.signals, '{{}}') AS signals,
       l.signal_id AS last_signal_id, l.time_ms AS last_signal_ms, l.side AS last_signal_side
FROM totals t
LEFT JOIN LATERAL (SELECT b.close FROM bars b
    WHERE b.symbol = t.symbol AND b.interval = t.interval AND b.start_ms < t.day_ms
    ORDER BY b.start_ms DESC LIMIT 1) p ON true
LEFT JOIN LATERAL (SELECT jsonb_object_agg(k.kind, k.sides) AS signals FROM (
    SELECT n.kind, jsonb_object_agg(n.side, n.count) AS sides FROM (
        SELECT s.kind, s.side, count(*) AS count FROM signal_scores s
        WHERE s.symbol = t.symbol AND s.time_ms > t.day_ms AND s.time_ms <= t.day_ms + {DAY_MS}
        GROUP BY s.kind, s.side) n GROUP BY n.kind) k) c ON true
LEFT JOIN LATERAL (SELECT s.signal_id, s.time_ms, s.side FROM signal_scores s
    WHERE s.symbol = t.symbol AND s.time_ms > t.day_ms AND s.time_ms <= t.day_ms + {DAY_MS}
    ORDER BY s.time_ms DESC, s.signal_id COLLATE "C" DESC, s.event_source COLLATE "C" DESC LIMIT 1
) l ON true
""")  # noqa: S608  # of constants

_COPIED = (
    "symbol", "day_ms", "interval", "bars", "open", "high", "low", "last", "previous_last",
    "volume", "volatility", "trades", "signals", "last_signal_id", "last_signal_ms",
    "last_signal_side",
)  # fmt: skip


def refresh(connection: Connection, symbols: list[str], touched: Touched) -> None:
    """The days of these symbols that have grown, and those that have a new signal."""
    values = {
        "symbols": symbols,
        "touched": [symbol for symbol, _ in touched],
        "days": [day for _, day in touched],
    }
    rows = [_row(row) for row in connection.execute(_TOTALS, values).mappings()]
    if not rows:
        return
    statement = insert(table)
    others = {c.name: statement.excluded[c.name] for c in table.columns if not c.primary_key}
    connection.execute(
        statement.on_conflict_do_update(index_elements=["symbol", "day_ms"], set_=others), rows
    )


def _row(row: RowMapping) -> dict[str, Any]:
    totals = DayTotals(**{name: row[name] for name in DayTotals.__slots__})
    summary = summarise(totals)
    return {
        **{name: row[name] for name in _COPIED},
        "change": summary.change,
        "change_percent": summary.change_percent,
        "vwap": summary.vwap,
    }
