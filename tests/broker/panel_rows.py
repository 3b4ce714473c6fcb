"""What the dashboard reads in PostgreSQL: bars of a day, their indicators and signals."""

from typing import Any

from sqlalchemy import insert

from streams.adapters.database import connect_engine
from streams.adapters.database.rows import bar_row, indicator_row, signal_row
from streams.adapters.database.writer import Batch, Writer
from streams.domain.bar import Bar
from streams.domain.indicator_row import IndicatorRow
from streams.domain.signal import Side, Signal, signal_id

MINUTE, DAY = 60_000, 86_400_000
DAYS = 19_000


def bar(symbol: str, number: int, interval: str = "1m") -> Bar:
    """Bar `number` of a symbol: 300 of the day before, then today."""
    length = MINUTE * int(interval[:-1])
    start = DAYS * DAY + (number * length if number >= 0 else DAY * -1 + (300 + number) * length)
    close = 100.0 + (number * 37) % 11
    return Bar(
        symbol, interval, start, start + length, close - 1, close + 1, close - 2, close, 2.0,
        close, 3, start + length - 1,
    )  # fmt: skip


def signal(of: Bar, side: Side = Side.BUY) -> Signal:
    return Signal(
        signal_id(of.symbol, of.interval, of.start, "breakout"), of.end, of.symbol, of.interval,
        "breakout", side, of.close, 0.1, True, "why",
    )  # fmt: skip


def indicators(of: Bar) -> IndicatorRow:
    return IndicatorRow(
        of.symbol, of.interval, of.start, of.end, of.open, of.high, of.low, of.close, of.volume,
        of.vwap, of.trades, True, {"ema38": of.close - 0.5}, {"rsi": "UP"},
    )  # fmt: skip


def store(url: str, *values: Bar | IndicatorRow | Signal) -> None:
    batch = Batch()
    for value in values:
        if isinstance(value, Bar):
            batch.add(bar_row(value))
        elif isinstance(value, Signal):
            batch.add(signal_row(value, "/tapedeck/signals"))
        else:
            batch.add(indicator_row(value))
    engine = connect_engine(url)
    Writer(engine).write(batch)
    engine.dispose()


def fill(url: str, table: Any, *rows: dict[str, Any]) -> None:
    engine = connect_engine(url)
    with engine.begin() as connection:
        connection.execute(insert(table), list(rows))
    engine.dispose()
