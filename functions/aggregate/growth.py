"""What has been stored of a symbol, in short: the first and last bar of each of its series, and its
last signal. It has grown when that differs from what was seen when it was brought up to date.

Bars of one symbol and interval are stored in the order of their starts (`run bars` makes them so),
or before all others, when an older tape was loaded later; so the two ends tell.
"""

from sqlalchemy import Connection, text

# Index descents only: one a symbol, two or three a series. Reads `wanted`, makes `now`.
_NOW = """
pairs(symbol, interval) AS (
    SELECT w.symbol, (SELECT min(b.interval) FROM bars b WHERE b.symbol = w.symbol)
    FROM wanted w WHERE w.symbol IS NOT NULL
  UNION ALL
    SELECT p.symbol, (SELECT min(b.interval) FROM bars b
                      WHERE b.symbol = p.symbol AND b.interval > p.interval)
    FROM pairs p WHERE p.interval IS NOT NULL
), ends AS (
    SELECT p.symbol, p.interval, f.start_ms AS first_ms, l.start_ms AS last_ms,
           l.end_ms - l.start_ms AS length
    FROM pairs p
    CROSS JOIN LATERAL (SELECT b.start_ms FROM bars b
        WHERE b.symbol = p.symbol AND b.interval = p.interval ORDER BY b.start_ms LIMIT 1) f
    CROSS JOIN LATERAL (SELECT b.start_ms, b.end_ms FROM bars b
        WHERE b.symbol = p.symbol AND b.interval = p.interval ORDER BY b.start_ms DESC LIMIT 1) l
), now AS (
    SELECT e.symbol,
           (array_agg(e.interval ORDER BY e.length, e.interval))[1] AS shortest,
           (array_agg(e.first_ms ORDER BY e.length, e.interval))[1] AS first_ms,
           concat(string_agg(concat_ws(' ', e.interval, e.first_ms, e.last_ms), ','
                             ORDER BY e.interval), '|',
                  (SELECT max(s.time_ms) FROM signals s WHERE s.symbol = e.symbol)) AS seen
    FROM ends e GROUP BY e.symbol
)
"""
_STALE = text(f"""
WITH RECURSIVE wanted(symbol) AS (
    SELECT min(symbol) FROM bars
  UNION ALL
    SELECT (SELECT min(b.symbol) FROM bars b WHERE b.symbol > w.symbol)
    FROM wanted w WHERE w.symbol IS NOT NULL
), {_NOW}
SELECT n.symbol FROM now n LEFT JOIN aggregated a ON a.symbol = n.symbol
WHERE a.seen IS DISTINCT FROM n.seen ORDER BY a.refreshed_ms NULLS FIRST, n.symbol
""")  # noqa: S608  # of constants
_SEE = text(f"""
WITH RECURSIVE wanted(symbol) AS (SELECT unnest(CAST(:symbols AS text[]))), {_NOW}
INSERT INTO aggregated (symbol, shortest, first_ms, seen, refreshed_ms)
SELECT symbol, shortest, first_ms, seen, extract(epoch FROM clock_timestamp()) * 1000 FROM now
ON CONFLICT (symbol) DO UPDATE
SET shortest = EXCLUDED.shortest, first_ms = EXCLUDED.first_ms, seen = EXCLUDED.seen,
    refreshed_ms = EXCLUDED.refreshed_ms
""")  # noqa: S608  # of constants


def stale(connection: Connection) -> list[str]:
    """Symbols with bars that have grown; the longest waiting first, so that each has its turn."""
    return list(connection.scalars(_STALE))


def see(connection: Connection, symbols: list[str]) -> None:
    """Note what there is of these symbols now; one without bars has nothing to be noted."""
    connection.execute(_SEE, {"symbols": symbols})
