"""Domain values as rows to store: a table, a natural key, and the row in COPY's binary format.

The door to the store: what PostgreSQL would refuse is an `UnstorableError` (`row_fields`), so that
no value from outside can make the same write fail for ever.
"""

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

from streams.adapters.database import binary_copy as pg
from streams.adapters.database.row_fields import (
    MAX_INT,
    MAX_KEY,
    json_text,
    key_text,
    optional,
    plain_text,
    whole,
)
from streams.adapters.database.row_fields import Key as Key
from streams.adapters.database.row_fields import Row as Row
from streams.adapters.database.row_fields import UnstorableError as UnstorableError
from streams.domain.anomaly import Anomaly
from streams.domain.bar import Bar
from streams.domain.context_event import FIELDS, ContextEvent
from streams.domain.dead_letter import DeadLetter
from streams.domain.indicator_row import IndicatorRow
from streams.domain.prediction import FORECAST, Prediction
from streams.domain.signal import Signal
from streams.domain.spans import Span
from streams.domain.tick import TickBatch

_T = TypeVar("_T")


def tick_rows(batch: TickBatch, spans: Sequence[Span], origin: str, offset: int) -> list[Row]:
    """The ticks of the spans: a row per span, as its ordinals must be consecutive.

    Without a source the message's offset identifies them all, so that they share one row.
    """
    if batch.source is None:
        return [_ticks(batch, spans, origin, offset)] if spans else []
    source = key_text("source", batch.source)
    return [_ticks(batch, [span], source, batch.first + span[0]) for span in spans]


def _ticks(batch: TickBatch, spans: Sequence[Span], source: str, first: int) -> Row:
    ts = _cut(batch.ts, spans)
    t_first = min(ts)
    columns = (batch.price, batch.size, batch.open, batch.high, batch.low)
    return Row(
        "tick_batches",
        (batch.symbol, source, first, t_first),
        pg.row(
            pg.text(batch.symbol),
            pg.text(source),
            pg.bigint(whole("first", first)),
            pg.bigint(t_first),
            pg.bigint(max(ts)),
            pg.bigints(ts),
            *(pg.doubles(None if column is None else _cut(column, spans)) for column in columns),
        ),
        t_first,
    )


def _cut(column: Sequence[_T], spans: Sequence[Span]) -> Sequence[_T]:
    if len(spans) == 1:
        lo, hi = spans[0]
        return column if hi - lo == len(column) else column[lo:hi]
    return [value for lo, hi in spans for value in column[lo:hi]]


def bar_row(bar: Bar) -> Row:
    """A final bar."""
    fields = _bar_fields(bar)
    copy = pg.row(*fields, pg.bigint(whole("last_ts", bar.last_ts)))
    return Row("bars", (bar.symbol, bar.interval, bar.start), copy, bar.start)


def indicator_row(row: IndicatorRow) -> Row:
    """The indicators of a final bar."""
    copy = pg.row(
        *_bar_fields(row),
        pg.boolean(row.warm),
        pg.jsonb(json_text("values", row.values)),
        pg.jsonb(json_text("votes", row.votes)),
    )
    return Row("indicators", (row.symbol, row.interval, row.start), copy, row.start)


def _bar_fields(bar: Bar | IndicatorRow) -> list[bytes]:
    return [
        pg.text(key_text("symbol", bar.symbol)),
        pg.text(key_text("interval", bar.interval)),
        pg.bigint(whole("start", bar.start)),
        pg.bigint(whole("end", bar.end)),
        *map(pg.double, (bar.open, bar.high, bar.low, bar.close, bar.volume, bar.vwap)),
        pg.bigint(whole("trades", bar.trades)),
    ]


def signal_row(signal: Signal, event_source: str) -> Row:
    """A signal and the `ce_source` of its event."""
    copy = pg.row(
        pg.text(key_text("id", signal.id)),
        pg.bigint(whole("time", signal.time)),
        pg.text(key_text("symbol", signal.symbol)),
        *(
            pg.text(plain_text(name, getattr(signal, name)))
            for name in ("interval", "kind", "side")
        ),
        pg.double(signal.price),
        pg.double(signal.strength),
        pg.boolean(signal.warm),
        pg.text(plain_text("reason", signal.reason)),
        pg.text(plain_text("source", event_source)),
    )
    return Row("signals", (signal.id,), copy, signal.time)


def prediction_rows(said: Prediction) -> list[Row]:
    """A row per vote and per forecast."""
    votes = [
        _prediction(
            said, name, 1, pg.text(plain_text("vote", each.vote)), pg.double(each.probability)
        )
        for name, each in said.votes.items()
    ]
    ranges = [
        _prediction(
            said, FORECAST, each.horizon, pg.NULL, pg.NULL,
            *map(pg.double, (each.price, each.low, each.high)),
        )
        for each in said.forecasts
    ]  # fmt: skip
    return votes + ranges


def _prediction(said: Prediction, model: str, horizon: int, *told: bytes) -> Row:
    """`told`: vote, probability, forecast, low, high; what is left out is NULL."""
    copy = pg.row(
        pg.text(key_text("symbol", said.symbol)),
        pg.text(key_text("interval", said.interval)),
        pg.bigint(whole("start", said.start)),
        pg.text(key_text("model", model)),
        pg.bigint(whole("horizon", horizon)),
        pg.bigint(whole("end", said.end)),
        *told,
        *[pg.NULL] * (5 - len(told)),
        pg.double(said.close),
        pg.text(plain_text("scope", said.scope)),
        pg.text(plain_text("version", said.version)),
    )
    key = (said.symbol, said.interval, said.start, model, horizon)
    return Row("predictions", key, copy, said.start)


def anomaly_row(anomaly: Anomaly, event_source: str) -> Row:
    """An anomaly and the `ce_source` of its event."""
    texts = ("interval", "kind", "severity")
    copy = pg.row(
        pg.text(key_text("id", anomaly.id)),
        pg.bigint(whole("time", anomaly.time)),
        pg.text(key_text("symbol", anomaly.symbol)),
        *(pg.text(plain_text(name, getattr(anomaly, name))) for name in texts),
        pg.double(anomaly.value),
        *map(optional, (anomaly.expected, anomaly.threshold)),
        pg.bigint(whole("start", anomaly.start)),
        pg.double(anomaly.price),
        pg.text(plain_text("reason", anomaly.reason)),
        pg.text(plain_text("source", event_source)),
    )
    return Row("anomalies", (anomaly.id,), copy, anomaly.time)


def context_row(event: ContextEvent, source: str, number: int) -> Row:
    """A context event, known by its source, a tape or a topic's partition, and its number there."""
    identity = f"{source}/{number}"
    copy = pg.row(
        pg.text(identity),
        pg.bigint(event.ts),
        pg.text(key_text("symbol", event.symbol)),
        pg.text(event.kind),
        *(optional(getattr(event, name)) for name in FIELDS),
    )
    return Row("context", (identity,), copy, event.ts)


def dead_letter_row(letter: DeadLetter, origin: str, offset: int, seen: int) -> Row:
    """A dead letter, whatever it holds: what does not fit is made to, nothing rejects it again.

    One from a foreign producer without an id is known by its own topic, partition and offset.
    """
    identity = _clean(letter.id) or f"{origin}/{offset}"
    if len(identity) > MAX_KEY:
        identity = blake2b(identity.encode(), digest_size=16).hexdigest()
    position = letter.position if abs(letter.position) <= MAX_INT else 0
    texts = (letter.origin, letter.reason[:MAX_KEY], letter.detail, letter.source)
    copy = pg.row(
        pg.text(identity),
        *(pg.text(_clean(value)) for value in texts),
        pg.bigint(position),
        pg.raw(letter.raw),
        pg.bigint(seen),
    )
    return Row("dead_letters", (identity,), copy, seen)


def _clean(value: str) -> str:
    return value.replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()
