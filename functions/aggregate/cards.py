"""Scorecards in the table `scorecards`, from the scores and the base rates."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, RowMapping, text
from sqlalchemy.dialects.postgresql import insert

from streams.adapters.database.tables import scorecards as table
from streams.domain.scorecard import HORIZONS, POOLED, Base, Scorecard, scorecard

# Sums in a fixed order: the same rows give the same bits.
_TALLIES = text(f"""
SELECT t.*, b.*
FROM (
    SELECT s.symbol, s.kind AS rule, s.interval, h.horizon, s.warm,
           count(*) FILTER (WHERE s.side = 'buy') AS buys,
           count(*) FILTER (WHERE s.side = 'sell') AS sells,
           count(*) FILTER (WHERE h.gain > 0) AS hits,
           avg(h.gain ORDER BY s.event_source COLLATE "C", s.signal_id COLLATE "C") AS mean_return
    FROM signal_scores s
    CROSS JOIN LATERAL (SELECT CASE s.side WHEN 'buy' THEN 1 WHEN 'sell' THEN -1 END AS sign) d
    CROSS JOIN LATERAL (VALUES {
    ", ".join(f"({h}, d.sign * s.return_{h})" for h in HORIZONS)
}) h(horizon, gain)
    WHERE s.symbol = ANY(CAST(:symbols AS text[])) AND h.gain IS NOT NULL
    GROUP BY 1, 2, 3, 4, 5) t
CROSS JOIN LATERAL (
    SELECT coalesce(sum(k.known), 0)::bigint AS known, coalesce(sum(k.up), 0)::bigint AS up,
           coalesce(sum(k.down), 0)::bigint AS down,
           coalesce(sum(k.total ORDER BY k.day_ms), 0) AS total
    FROM base_rates k
    WHERE k.symbol = t.symbol AND k.interval = t.interval AND k.horizon = t.horizon) b
""")  # noqa: S608  # of constants
_POOLED = text("""
SELECT rule, interval, horizon, warm, sum(signals)::bigint AS signals, sum(hits)::bigint AS hits,
       sum(mean_return * signals ORDER BY symbol COLLATE "C") / sum(signals)::float8
           AS mean_return,
       sum(base_rate * signals ORDER BY symbol COLLATE "C")
           / sum(signals) FILTER (WHERE base_rate IS NOT NULL)::float8 AS base_rate,
       sum(base_mean_return * signals ORDER BY symbol COLLATE "C")
           / sum(signals) FILTER (WHERE base_rate IS NOT NULL)::float8 AS base_mean_return
FROM scorecards WHERE symbol <> :pooled
GROUP BY rule, interval, horizon, warm
""")


def refresh(connection: Connection, symbols: list[str]) -> None:
    """The cards of these symbols."""
    rows = connection.execute(_TALLIES, {"symbols": symbols}).mappings()
    _write(connection, [_row(row, row["symbol"], _card(row)) for row in rows])


def pool(connection: Connection) -> None:
    """The cards over all symbols: each signal counts once, with its own symbol's base."""
    rows = connection.execute(_POOLED, {"pooled": POOLED}).mappings()
    measured = ("signals", "hits", "mean_return", "base_rate", "base_mean_return")
    _write(
        connection,
        [_row(row, POOLED, Scorecard(**{name: row[name] for name in measured})) for row in rows],
    )


def _card(row: RowMapping) -> Scorecard:
    return scorecard(
        buys=row["buys"],
        sells=row["sells"],
        hits=row["hits"],
        mean_return=row["mean_return"],
        base=Base(row["known"], row["up"], row["down"], row["total"]),
    )


def _row(key: RowMapping, symbol: str, card: Scorecard) -> dict[str, Any]:
    low, high = card.interval
    return {
        **{name: key[name] for name in ("rule", "interval", "horizon", "warm")},
        "symbol": symbol,
        "signals": card.signals,
        "hits": card.hits,
        "hit_rate": card.hit_rate,
        "low": low,
        "high": high,
        "mean_return": card.mean_return,
        "base_rate": card.base_rate,
        "base_mean_return": card.base_mean_return,
    }


def _write(connection: Connection, rows: Iterable[dict[str, Any]]) -> None:
    found = list(rows)
    if not found:
        return
    statement = insert(table)
    keys = [column.name for column in table.primary_key]
    others = {c.name: statement.excluded[c.name] for c in table.columns if not c.primary_key}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=others), found)
