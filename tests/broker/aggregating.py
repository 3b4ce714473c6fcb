"""`functions.aggregate` in this process with its database, and what it is given."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from streams.adapters.cloud_event import CloudEvent, binary_headers
from streams.adapters.database import tables as t
from streams.adapters.database.rows import bar_row, signal_row
from streams.adapters.database.writer import Batch, Writer
from streams.adapters.settled_event import settled_event
from streams.adapters.signal_events import SOURCE, signal_event
from streams.apps.deliver import event_of
from streams.apps.delivery_sink import Delivery
from streams.domain.bar import Bar
from streams.domain.interval import DAY_MS, interval_ms
from streams.domain.signal import Side, Signal, signal_id

DAY = 18_939 * DAY_MS

RESULTS = (t.signal_scores, t.base_rates, t.scorecards, t.day_summaries)

PING = CloudEvent(
    {"specversion": "1.0", "id": "p", "source": "/p", "type": "dev.knative.sources.ping"}
)

SETTLED = settled_event("run", 1_636_362_300.0, {"symbols": 2})


@dataclass
class Aggregate:
    """The function in this process, and its database."""

    client: FlaskClient
    engine: Engine

    def post(self, event: CloudEvent) -> int:
        headers = binary_headers(event)
        return self.client.post("/", headers=headers, data=event.data).status_code

    def store(self, bars: Sequence[Bar], signals: Sequence[Signal] = ()) -> None:
        batch = Batch()
        for bar in bars:
            batch.add(bar_row(bar))
        for signal in signals:
            batch.add(signal_row(signal, SOURCE))
        Writer(self.engine).write(batch)

    def tables(self) -> dict[str, list[Any]]:
        with self.engine.connect() as connection:
            return {
                table.name: [
                    tuple(row)
                    for row in connection.execute(table.select().order_by(*table.primary_key))
                ]
                for table in RESULTS
            }

    def cards(self, *, symbol: str, warm: bool = True) -> dict[tuple[str, str, int], Any]:
        c = t.scorecards.c
        query = t.scorecards.select().where(c.symbol == symbol, c.warm == warm)
        with self.engine.connect() as connection:
            rows = connection.execute(query).all()
        return {(row.rule, row.interval, row.horizon): row for row in rows}

    def days(self, symbol: str) -> list[Any]:
        table = t.day_summaries
        query = table.select().where(table.c.symbol == symbol).order_by(table.c.day_ms)
        with self.engine.connect() as connection:
            return list(connection.execute(query).all())

    def empty(self) -> None:
        with self.engine.begin() as connection:
            for table in (*RESULTS, t.aggregated, t.bars, t.signals):
                connection.execute(text(f"TRUNCATE {table.name}"))


def make_bar(symbol: str, interval: str, start: int, close: float, volume: float = 2.0) -> Bar:
    end = start + interval_ms(interval)
    high, low = close * 1.01, close * 0.99
    return Bar(symbol, interval, start, end, close, high, low, close, volume, close, 3, end - 1)


def make_signal(bar: Bar, side: Side, kind: str = "breakout", *, warm: bool = True) -> Signal:
    name = signal_id(bar.symbol, bar.interval, bar.start, kind)
    return Signal(
        name, bar.end, bar.symbol, bar.interval, kind, side, bar.close, 0.1, warm, "crossed"
    )


def event(signal: Signal) -> CloudEvent:
    headers, value = signal_event(signal)
    return event_of(Delivery("signals", 0, 0, signal.symbol.encode(), value, headers))


def rising(symbol: str, count: int, interval: str = "5m") -> list[Bar]:
    length = interval_ms(interval)
    return [make_bar(symbol, interval, DAY + n * length, 100.0 + n) for n in range(count)]
