"""Domain values as rows to store: a table, a natural key, and the row in COPY's binary format.

The door to the store: `UnstorableError` says what PostgreSQL would refuse, so that no value from
outside can make the same write fail for ever.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TypeVar

import msgspec

from streams.adapters.database import binary_copy as pg
from streams.domain.bar import Bar
from streams.domain.context_event import FIELDS, ContextEvent
from streams.domain.dead_letter import DeadLetter
from streams.domain.indicator_row import IndicatorRow
from streams.domain.signal import Signal
from streams.domain.spans import Span
from streams.domain.tick import TickBatch

Key = tuple[str | int, ...]
_T = TypeVar("_T")

_MAX_INT = (1 << 63) - 1
# An entry of an index must fit a third of a page of 8 kB, at up to four bytes a character.
_MAX_KEY = 300
_json = msgspec.json.Encoder(order="sorted").encode


class UnstorableError(ValueError):
    """A value that PostgreSQL cannot hold; says which field, what was expected and what it was."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row to store."""

    table: str
    key: Key
    copy: bytes
    time: int
    """Epoch ms; what partitions go by."""


def tick_rows(batch: TickBatch, spans: Sequence[Span], origin: str, offset: int) -> list[Row]:
    """The ticks of the spans: a row per span, as its ordinals must be consecutive.

    Without a source the message's offset identifies them all, so that they share one row.
    """
    if batch.source is None:
        return [_ticks(batch, spans, origin, offset)] if spans else []
    source = _key_text("source", batch.source)
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
            pg.bigint(_int("first", first)),
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
    copy = pg.row(*fields, pg.bigint(_int("last_ts", bar.last_ts)))
    return Row("bars", (bar.symbol, bar.interval, bar.start), copy, bar.start)


def indicator_row(row: IndicatorRow) -> Row:
    """The indicators of a final bar."""
    copy = pg.row(
        *_bar_fields(row),
        pg.boolean(row.warm),
        pg.jsonb(_json_text("values", row.values)),
        pg.jsonb(_json_text("votes", row.votes)),
    )
    return Row("indicators", (row.symbol, row.interval, row.start), copy, row.start)


def _bar_fields(bar: Bar | IndicatorRow) -> list[bytes]:
    return [
        pg.text(_key_text("symbol", bar.symbol)),
        pg.text(_key_text("interval", bar.interval)),
        pg.bigint(_int("start", bar.start)),
        pg.bigint(_int("end", bar.end)),
        *map(pg.double, (bar.open, bar.high, bar.low, bar.close, bar.volume, bar.vwap)),
        pg.bigint(_int("trades", bar.trades)),
    ]


def signal_row(signal: Signal, event_source: str) -> Row:
    """A signal and the `ce_source` of its event."""
    copy = pg.row(
        pg.text(_key_text("id", signal.id)),
        pg.bigint(_int("time", signal.time)),
        pg.text(_key_text("symbol", signal.symbol)),
        *(pg.text(_text(name, getattr(signal, name))) for name in ("interval", "kind", "side")),
        pg.double(signal.price),
        pg.double(signal.strength),
        pg.boolean(signal.warm),
        pg.text(_text("reason", signal.reason)),
        pg.text(_text("source", event_source)),
    )
    return Row("signals", (signal.id,), copy, signal.time)


def context_row(event: ContextEvent, origin: str, offset: int) -> Row:
    """A context event, known by its message's topic, partition and offset."""
    identity = f"{origin}/{offset}"
    copy = pg.row(
        pg.text(identity),
        pg.bigint(event.ts),
        pg.text(_key_text("symbol", event.symbol)),
        pg.text(event.kind),
        *(_optional(getattr(event, name)) for name in FIELDS),
    )
    return Row("context", (identity,), copy, event.ts)


def _optional(value: str | float | None) -> bytes:
    if value is None:
        return pg.NULL
    return pg.text(_text("context", value)) if isinstance(value, str) else pg.double(value)


def dead_letter_row(letter: DeadLetter, origin: str, offset: int, seen: int) -> Row:
    """A dead letter, whatever it holds: what does not fit is made to, nothing rejects it again.

    One from a foreign producer without an id is known by its own topic, partition and offset.
    """
    identity = _clean(letter.id) or f"{origin}/{offset}"
    if len(identity) > _MAX_KEY:
        identity = blake2b(identity.encode(), digest_size=16).hexdigest()
    position = letter.position if abs(letter.position) <= _MAX_INT else 0
    texts = (letter.origin, letter.reason[:_MAX_KEY], letter.detail, letter.source)
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


def _text(name: str, value: str) -> str:
    if "\0" in value:
        raise UnstorableError(f"{name}: expected text without NUL, was {value[:80]!r}")
    return value


def _key_text(name: str, value: str) -> str:
    if len(value) > _MAX_KEY:
        raise UnstorableError(
            f"{name}: expected at most {_MAX_KEY} characters, was {len(value)}: {value[:80]!r}"
        )
    return _text(name, value)


def _int(name: str, value: int) -> int:
    if abs(value) > _MAX_INT:
        raise UnstorableError(f"{name}: expected a 64-bit integer, was {str(value)[:80]}")
    return value


def _json_text(name: str, value: dict[str, float] | dict[str, str]) -> bytes:
    encoded = _json(value)
    if b"\\u0000" in encoded:
        raise UnstorableError(f"{name}: expected text without NUL, was {encoded[:80]!r}")
    return encoded
