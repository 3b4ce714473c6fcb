"""The newest day of many symbols from PostgreSQL, summed up there: four queries a batch."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text

from panel_app.day import POINTS, DaySeed
from streams.domain.interval import DAY_MS

_RSI_CLOSES = 120

# Per symbol the newest bar, the day it is of, and the last close before that day.
_HEADS = text(f"""
SELECT s.symbol, newest.start_ms AS until, newest.close AS last, before.close AS previous,
       newest.start_ms - newest.start_ms % {DAY_MS} AS day_start
FROM unnest(CAST(:symbols AS text[])) AS s(symbol)
CROSS JOIN LATERAL (
    SELECT start_ms, close FROM bars WHERE symbol = s.symbol AND interval = :interval
    ORDER BY start_ms DESC LIMIT 1) AS newest
LEFT JOIN LATERAL (
    SELECT close FROM bars WHERE symbol = s.symbol AND interval = :interval
    AND start_ms < newest.start_ms - newest.start_ms % {DAY_MS}
    ORDER BY start_ms DESC LIMIT 1) AS before ON true
""")  # noqa: S608  # a number of ours
# The day's first open, its volume, and its closes thinned out as `Spark` does it.
_DAYS = text(f"""
SELECT symbol, count(*) AS bars, sum(volume) AS volume, min(stride) AS stride,
       (array_agg(open ORDER BY start_ms))[1] AS open,
       array_agg(close ORDER BY start_ms) FILTER (WHERE (n - 1) % stride = 0) AS closes
FROM (
    SELECT b.*, row_number() OVER day AS n,
           greatest(1, 2 ^ ceil(log(2.0, count(*) OVER (PARTITION BY b.symbol)
                                         / {POINTS - 1}.0)))::bigint AS stride
    FROM unnest(CAST(:symbols AS text[]), CAST(:starts AS bigint[]), CAST(:untils AS bigint[]))
         AS d(symbol, day_start, until)
    JOIN bars b ON b.symbol = d.symbol AND b.interval = :interval
        AND b.start_ms BETWEEN d.day_start AND d.until
    WINDOW day AS (PARTITION BY b.symbol ORDER BY b.start_ms)
) AS numbered
GROUP BY symbol
""")  # noqa: S608  # a number of ours
_CLOSES = text("""
SELECT s.symbol, last.start_ms, last.close
FROM unnest(CAST(:symbols AS text[])) AS s(symbol)
CROSS JOIN LATERAL (
    SELECT start_ms, close FROM bars WHERE symbol = s.symbol AND interval = :interval
    ORDER BY start_ms DESC LIMIT :count) AS last
ORDER BY s.symbol, last.start_ms
""")
_CALLS = text("""
SELECT s.symbol, last.side, last.time_ms
FROM unnest(CAST(:symbols AS text[])) AS s(symbol)
CROSS JOIN LATERAL (
    SELECT side, time_ms FROM signals WHERE symbol = s.symbol AND interval = :interval
    AND kind = 'recommendation' ORDER BY time_ms DESC LIMIT 1) AS last
""")


def day_seeds(
    connection: Connection, symbols: Sequence[str], shortest: str, strength: str
) -> dict[str, DaySeed]:
    """The seeds of those symbols that have a bar; see `DaySeed`."""
    asked: dict[str, Any] = {"symbols": list(symbols), "interval": shortest}
    heads = {row.symbol: row for row in connection.execute(_HEADS, asked)}
    days = {
        "symbols": list(heads),
        "starts": [head.day_start for head in heads.values()],
        "untils": [head.until for head in heads.values()],
        "interval": shortest,
    }
    asked = {"symbols": list(heads), "interval": strength, "count": _RSI_CLOSES}
    closes: dict[str, list[Any]] = defaultdict(list)
    for row in connection.execute(_CLOSES, asked):
        closes[row.symbol].append(row)
    calls = {row.symbol: row for row in connection.execute(_CALLS, asked)}
    return {
        day.symbol: _seed(heads[day.symbol], day, closes[day.symbol], calls.get(day.symbol))
        for day in connection.execute(_DAYS, days)
    }


def _seed(head: Any, day: Any, strength: Sequence[Any], call: Any) -> DaySeed:
    return DaySeed(
        open=day.open,
        previous=head.previous,
        until=head.until,
        volume=day.volume,
        last=head.last,
        closes=day.closes,
        stride=day.stride,
        bars=day.bars,
        rsi_closes=[row.close for row in strength],
        rsi_until=strength[-1].start_ms if strength else -1,
        call=call.side if call is not None else None,
        called=call.time_ms if call is not None else -1,
    )
