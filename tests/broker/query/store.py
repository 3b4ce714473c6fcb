"""A database with known rows, and the query function on it, for the tests of the REST API."""

import random
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

import psycopg2
from sqlalchemy import insert

from streams.adapters.database import connect_engine, upgrade
from streams.adapters.database.rows import (
    anomaly_row,
    bar_row,
    indicator_row,
    signal_row,
    tick_rows,
)
from streams.adapters.database.tables import context, day_summaries, scorecards
from streams.adapters.database.writer import Batch, Writer
from streams.domain.anomaly import Anomaly, anomaly_id
from streams.domain.bar import Bar
from streams.domain.indicator_row import IndicatorRow
from streams.domain.signal import Side, Signal, signal_id
from streams.domain.tick import TickBatch

MINUTE, DAY = 60_000, 86_400_000
BARS = 25
SLASH = "BTC/USDT"
TICKS_ONLY = "QUIET"


@contextmanager
def fresh_database(server: str) -> Iterator[str]:
    """The URL of a database with all tables, dropped at the end."""
    name = f"query_{uuid.uuid4().hex[:12]}"
    _execute(server, f"CREATE DATABASE {name}")
    try:
        url = urlsplit(server)._replace(path=f"/{name}").geturl()
        upgrade(url)
        yield url
    finally:
        _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


def bar(symbol: str, start: int, interval: str = "1m") -> Bar:
    close = 100 + start / MINUTE / 10
    return Bar(symbol, interval, start, start + MINUTE, 0.1, 1e22, 0.1, close, 3, 0.3, 2, start + 7)


def _anomaly(symbol: str, start: int, severity: str) -> Anomaly:
    end = start + MINUTE
    return Anomaly(
        anomaly_id(symbol, "1m", start, "latency"), end, symbol, "1m", "latency", severity,
        150.5, None, 100.0, start, 1.5, "slow",
    )  # fmt: skip


def fill(url: str) -> None:
    """Bars, indicators and signals of A, one bar of a symbol with a slash, ticks of a third."""
    batch = Batch()
    for n in range(BARS):
        start = n * MINUTE
        batch.add(bar_row(bar("A", start)))
        values = {"ema38": 0.1 + 0.2} | ({"rsi14": 50.0} if n else {})
        warm = n > 5
        known = IndicatorRow("A", "1m", start, start + MINUTE, 1, 2, 1, 1.5, 9, 1, 2, warm, values)
        batch.add(indicator_row(known))
    batch.add(bar_row(bar("A", 0, "5m")))
    batch.add(bar_row(bar(SLASH, 0, "15m")))
    for n in range(6):
        kind, side = ("breakout", Side.BUY) if n % 2 else ("news", Side.SELL)
        batch.add(signal_row(_signal("A", n * MINUTE, kind, side), "/s"))
    for n, severity in enumerate(("low", "high")):
        batch.add(anomaly_row(_anomaly("A", n * MINUTE, severity), "/s"))
    for row in tick_rows(TickBatch(TICKS_ONLY, [5], [1.5], source="s"), [(0, 1)], "t/0", 0):
        batch.add(row)
    _write(url, batch)
    _fill_others(url)


def _signal(symbol: str, start: int, kind: str, side: Side) -> Signal:
    identity = signal_id(symbol, "5m", start, kind)
    return Signal(identity, start, symbol, "5m", kind, side, 1.5, 0.1, True, 'a "reason", quoted')


def _fill_others(url: str) -> None:
    engine = connect_engine(url)
    day = {
        "symbol": "A", "interval": "1m", "bars": 2, "open": 1.0, "high": 2.0, "low": 1.0,
        "last": 1.5, "change": 0.5, "volume": 3.0, "vwap": 1.2, "trades": 4,
        "signals": {"breakout": {"buy": 1}},
    }  # fmt: skip
    card = {
        "rule": "breakout", "interval": "5m", "horizon": 5, "signals": 4, "hits": 3,
        "hit_rate": 0.75, "low": 0.3, "high": 0.95, "mean_return": 0.01,
    }  # fmt: skip
    with engine.begin() as connection:
        for n in range(3):
            connection.execute(insert(day_summaries).values(day_ms=n * DAY, **day))
        for symbol in ("*", "A"):
            for warm in (False, True):
                connection.execute(insert(scorecards).values(symbol=symbol, warm=warm, **card))
        connection.execute(
            insert(context).values(
                id="context/0/1", time_ms=5, symbol="A", kind="news_sentiment", sentiment_score=0.5
            )
        )
    engine.dispose()


def fill_ticks(url: str, symbol: str, batches: int, seed: int) -> None:
    """Batches of 1 to 40 ticks that overlap in time, with many equal times, from two sources."""
    rng = random.Random(seed)
    batch = Batch()
    first = {"a": 0, "b": 0}
    for n in range(batches):
        source = rng.choice("ab")
        ts = [max(0, n * 10 + rng.randint(-30, 30)) for _ in range(rng.choice((1, 2, 40)))]
        ticks = TickBatch(symbol, ts, [1.0 + t for t in ts], source=source, first=first[source])
        first[source] += len(ts)
        for row in tick_rows(ticks, [(0, len(ts))], "t/0", 0):
            batch.add(row)
    _write(url, batch)


def fill_single_ticks(url: str, symbol: str, times: Sequence[int]) -> None:
    """Each tick in a row of its own, as those of a live source are."""
    batch = Batch()
    for n, ts in enumerate(times):
        for row in tick_rows(TickBatch(symbol, [ts], [1.0], source="s", first=n), [(0, 1)], "t", 0):
            batch.add(row)
    _write(url, batch)


def fill_bars(url: str, bars: Sequence[Bar]) -> None:
    batch = Batch()
    for each in bars:
        batch.add(bar_row(each))
    _write(url, batch)


def _write(url: str, batch: Batch) -> None:
    engine = connect_engine(url)
    Writer(engine).write(batch)
    engine.dispose()


def _execute(url: str, statement: str) -> None:
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
