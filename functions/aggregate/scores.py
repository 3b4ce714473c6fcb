"""Signals and what the price did after them, and what it did after every bar: see
`streams.domain.scorecard` for the terms. Set-based: a few statements for any number of symbols.

A signal of context events has no price (0): it is scored from the close of the bar in which it
fell, or of the one before a gap, which is the first that could have been traded at.
"""

from collections.abc import Mapping

from sqlalchemy import Connection, TextClause, text

from streams.domain.day_summary import MAX_PRICE, MIN_PRICE, day_of_signal
from streams.domain.interval import DAY_MS
from streams.domain.scorecard import HORIZONS, POOLED
from streams.domain.signal import Signal

Touched = set[tuple[str, int]]
"""Symbols and days (epoch ms of their start) that have a signal which they had not."""

_LAST = HORIZONS[-1]
_COLUMNS = "event_source, signal_id, symbol, interval, kind, side, time_ms, price, warm"
_SANE = f"BETWEEN {MIN_PRICE:g} AND {MAX_PRICE:g}"
"""Prices whose ratios neither overflow nor underflow; PostgreSQL makes errors of those."""

_NOTE = text(f"""
INSERT INTO signal_scores ({_COLUMNS})
VALUES (:source, :id, :symbol, :interval, :kind, :side, :time, :price, :warm)
ON CONFLICT DO NOTHING RETURNING symbol, time_ms
""")  # noqa: S608  # of constants
# Signals that are stored and were never sent here: from before the function, say.
_CATCH_UP = text(f"""
INSERT INTO signal_scores ({_COLUMNS})
SELECT s.event_source, s.id, s.symbol, s.interval, s.kind, s.side, s.time_ms, s.price, s.warm
FROM signals s
WHERE s.symbol = ANY(CAST(:symbols AS text[])) AND s.symbol <> '{POOLED}' AND s.time_ms > 0
  AND NOT EXISTS (SELECT FROM signal_scores k
                  WHERE k.event_source = s.event_source AND k.signal_id = s.id)
ON CONFLICT DO NOTHING RETURNING symbol, time_ms
""")  # noqa: S608  # of constants

_SCORE = text(f"""
UPDATE signal_scores s SET {", ".join(f"return_{h} = f.return_{h}" for h in HORIZONS)}
FROM (
    SELECT p.event_source, p.signal_id, {
    ", ".join(
        f"max(c.close) FILTER (WHERE c.n = {h}) / e.price - 1 AS return_{h}" for h in HORIZONS
    )
}
    FROM signal_scores p
    CROSS JOIN LATERAL (
        SELECT CASE WHEN p.price > 0 THEN p.price ELSE (
            SELECT b.close FROM bars b
            WHERE b.symbol = p.symbol AND b.interval = p.interval AND b.start_ms < p.time_ms
            ORDER BY b.start_ms DESC LIMIT 1) END AS price) e
    CROSS JOIN LATERAL (
        SELECT row_number() OVER (ORDER BY b.start_ms) AS n,
               CASE WHEN b.close {_SANE} THEN b.close END AS close
        FROM bars b
        WHERE b.symbol = p.symbol AND b.interval = p.interval AND b.start_ms >= p.time_ms
        ORDER BY b.start_ms LIMIT {_LAST}) c
    WHERE p.symbol = ANY(CAST(:symbols AS text[])) AND p.side <> 'neutral'
      AND p.return_{_LAST} IS NULL AND e.price {_SANE}
    GROUP BY p.event_source, p.signal_id, e.price) f
WHERE s.event_source = f.event_source AND s.signal_id = f.signal_id
  AND ({", ".join(f"s.return_{h}" for h in HORIZONS)})
      IS DISTINCT FROM ({", ".join(f"f.return_{h}" for h in HORIZONS)})
""")  # noqa: S608  # of constants

# From the first day whose last bars were not known yet; from the beginning when that is new.
_BASE = text(f"""
WITH series AS (
    SELECT DISTINCT s.symbol, s.interval FROM signal_scores s
    WHERE s.symbol = ANY(CAST(:symbols AS text[])) AND s.side <> 'neutral'
), since AS MATERIALIZED (
    SELECT r.symbol, r.interval, CASE
        WHEN (SELECT k.bars FROM base_rates k
            WHERE k.symbol = r.symbol AND k.interval = r.interval AND k.horizon = {_LAST}
              AND k.day_ms = (SELECT min(b.start_ms) / {DAY_MS} * {DAY_MS} FROM bars b
                              WHERE b.symbol = r.symbol AND b.interval = r.interval)) > 0
        THEN (SELECT least(max(k.day_ms), min(k.day_ms) FILTER (WHERE k.known < k.bars))
              FROM base_rates k
              WHERE k.symbol = r.symbol AND k.interval = r.interval AND k.horizon = {_LAST})
        ELSE 0 END AS from_ms
    FROM series r
)
INSERT INTO base_rates (symbol, interval, day_ms, horizon, bars, known, up, down, total)
SELECT s.symbol, s.interval, d.day_ms, h.horizon, d.bars, h.known, h.up, h.down, h.total
FROM since s CROSS JOIN LATERAL (
    SELECT start_ms / {DAY_MS} * {DAY_MS} AS day_ms, count(*) AS bars, {
    ", ".join(
        f'''count(r_{h}) AS known_{h}, count(*) FILTER (WHERE r_{h} > 0) AS up_{h},
           count(*) FILTER (WHERE r_{h} < 0) AS down_{h},
           coalesce(sum(r_{h} ORDER BY start_ms), 0) AS total_{h}'''
        for h in HORIZONS
    )
}
    FROM (
        SELECT start_ms, {
    ", ".join(f"lead(close, {h}) OVER (ORDER BY start_ms) / close - 1 AS r_{h}" for h in HORIZONS)
}
        FROM (
            SELECT b.start_ms, CASE WHEN b.close {_SANE} THEN b.close END AS close FROM bars b
            WHERE b.symbol = s.symbol AND b.interval = s.interval AND b.start_ms >= s.from_ms
        ) b
    ) forward GROUP BY 1
) d
CROSS JOIN LATERAL (VALUES {
    ", ".join(f"({h}, d.known_{h}, d.up_{h}, d.down_{h}, d.total_{h})" for h in HORIZONS)
}) h(horizon, known, up, down, total)
ON CONFLICT (symbol, interval, day_ms, horizon) DO UPDATE
SET bars = EXCLUDED.bars, known = EXCLUDED.known, up = EXCLUDED.up, down = EXCLUDED.down,
    total = EXCLUDED.total
""")  # noqa: S608  # of constants


def note(connection: Connection, source: str, event_id: str, signal: Signal) -> Touched:
    """Keep a signal of an event, known by (source, id) for good; empty when it was known."""
    values = {
        "source": source,
        "id": event_id,
        "symbol": signal.symbol,
        "interval": signal.interval,
        "kind": signal.kind,
        "side": signal.side.value,
        "time": signal.time,
        "price": signal.price,
        "warm": signal.warm,
    }
    return _touched(connection, _NOTE, values)


def catch_up(connection: Connection, symbols: list[str]) -> Touched:
    """Note the stored signals of these symbols that no event has brought."""
    return _touched(connection, _CATCH_UP, {"symbols": symbols})


def score(connection: Connection, symbols: list[str]) -> None:
    """Fill in the returns that have become known."""
    connection.execute(_SCORE, {"symbols": symbols})


def base_rates(connection: Connection, symbols: list[str]) -> None:
    """Bring the base rates of the series that have signals to be scored up to their last bars."""
    connection.execute(_BASE, {"symbols": symbols})


def _touched(
    connection: Connection, statement: TextClause, values: Mapping[str, object]
) -> Touched:
    rows = connection.execute(statement, dict(values))
    return {(symbol, day_of_signal(time)) for symbol, time in rows}
