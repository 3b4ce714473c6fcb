"""`run archive`: what is on the topics to PostgreSQL, the latest values to Redis."""

from collections.abc import Callable
from typing import Any

import msgspec
from quixstreams import Application

from streams.adapters.anomaly_messages import decode_anomaly, is_anomaly
from streams.adapters.archive_sink import ArchiveSink
from streams.adapters.context_messages import decode_context, place_of
from streams.adapters.database import connect_engine
from streams.adapters.database.rows import (
    Row,
    UnstorableError,
    anomaly_row,
    bar_row,
    context_row,
    dead_letter_row,
    indicator_row,
    prediction_rows,
    signal_row,
    tick_rows,
)
from streams.adapters.endpoints import database_address, kafka_address, redis_address
from streams.adapters.kafka import producer
from streams.adapters.latest import Latest, LatestValues
from streams.adapters.letters import message_letter
from streams.adapters.messages import (
    decode_bar,
    decode_dead_letter,
    decode_indicators,
    decode_prediction,
    decode_signal,
)
from streams.adapters.metrics import PipelineMetrics
from streams.adapters.quix import message_of, stateful, topic
from streams.adapters.records import Message, Record, State
from streams.adapters.settings import Settings
from streams.adapters.tick_messages import read_ticks
from streams.adapters.topics import Topic, Topics
from streams.domain.screen import screen
from streams.domain.seen import admit, seen_key
from streams.domain.spans import Span, intersect
from streams.domain.tick import TickBatch

Stored = Row | Latest | Record
Archive = Callable[[Message], list[Stored]]
_encode = msgspec.msgpack.Encoder().encode
_ranges = msgspec.msgpack.Decoder(list[list[int]])


def archive_ticks(message: Message, state: State) -> list[Stored]:
    """The new good ticks of a `ticks` message.

    Bad ticks and messages are only left out: `run bars` reads the same topic and reports them.
    """
    batch, _ = read_ticks(message)
    if batch is None or not len(batch):
        return []
    good, _ = screen(batch)
    key = seen_key(batch, message.origin)
    seen = state.get_bytes(key)
    ranges = _ranges.decode(seen) if seen else []
    fresh = admit(ranges, batch, message.offset)
    spans = intersect(good, fresh)
    try:
        rows = tick_rows(batch, spans, message.origin, message.offset)
    except UnstorableError as error:
        return [_letter(message, "unstorable", error)]
    if fresh:
        state.set_bytes(key, _encode(ranges))
    return [*rows, _latest_price(batch, spans)] if rows else []


def _latest_price(batch: TickBatch, spans: list[Span]) -> Latest:
    """The newest tick; among equals the last one."""
    at = max((i for lo, hi in spans for i in range(hi - 1, lo - 1, -1)), key=batch.ts.__getitem__)
    size = None if batch.size is None else batch.size[at]
    value = {"symbol": batch.symbol, "ts": batch.ts[at], "price": batch.price[at], "size": size}
    return Latest(f"latest_price:{batch.symbol}", batch.ts[at], value)


def archive_bar(message: Message) -> list[Stored]:
    """A final bar; forming ones are for the screens."""
    bar = decode_bar(message.value)
    if not bar.final:
        return []
    return [bar_row(bar), Latest(f"aggregated:{bar.symbol}:{bar.interval}", bar.start, bar)]


class ArchiveIndicators:
    """Indicators; those of the interval `main` are also kept as the latest of their symbol."""

    def __init__(self, main: str) -> None:
        self._main = main

    def __call__(self, message: Message) -> list[Stored]:
        row = decode_indicators(message.value)
        name = f"indicators:{row.symbol}"
        latest = [Latest(f"{name}:{row.interval}", row.start, row)]
        if row.interval == self._main:
            latest.append(Latest(name, row.start, row))
        return [indicator_row(row), *latest]


def archive_signal(message: Message) -> list[Stored]:
    """A signal or an anomaly, with the source of its event: the two identify a notification."""
    source = dict(message.headers).get("ce_source", b"").decode("utf-8", "replace")
    if is_anomaly(message.headers):
        return [anomaly_row(decode_anomaly(message.value), source)]
    return [signal_row(decode_signal(message.value), source)]


def archive_prediction(message: Message) -> list[Stored]:
    """Votes and forecasts of one bar; the latest of a symbol and interval are kept too."""
    said = decode_prediction(message.value)
    latest = Latest(f"predictions:{said.symbol}:{said.interval}", said.start, said)
    return [*prediction_rows(said), latest]


def archive_context(message: Message) -> list[Stored]:
    """A context event."""
    return [context_row(decode_context(message.value), *place_of(message))]


def archive_letter(message: Message) -> list[Stored]:
    """A dead letter, whatever it holds."""
    letter = decode_dead_letter(message.value, message.headers)
    return [dead_letter_row(letter, message.origin, message.offset, message.timestamp)]


def guarded(archive: Archive) -> Archive:
    """The same, but what cannot be read or stored becomes a dead letter."""

    def call(message: Message) -> list[Stored]:
        try:
            return archive(message)
        except msgspec.MsgspecError as error:
            return [_letter(message, "bad_message", error)]
        except UnstorableError as error:
            return [_letter(message, "unstorable", error)]

    return call


def _letter(message: Message, reason: str, error: Exception) -> Record:
    return message_letter(message, "archive", reason, f"{message.topic}: {error}")


def _archives(settings: Settings) -> dict[Topic, Archive]:
    return {
        Topic.BARS: archive_bar,
        Topic.INDICATORS: ArchiveIndicators(settings.signal_interval_names[0]),
        Topic.SIGNALS: archive_signal,
        Topic.PREDICTIONS: archive_prediction,
        Topic.CONTEXT: archive_context,
        Topic.DEAD_LETTERS: archive_letter,
    }


def build(app: Application, settings: Settings, metrics: PipelineMetrics) -> None:
    """Put the pipeline on an Application."""
    sink = ArchiveSink(
        connect_engine(database_address(settings)),
        LatestValues(redis_address(settings)),
        lambda: producer(kafka_address(settings)),
        Topics(settings.topic_prefix),
        registry=metrics.registry,
    )

    def ticks(value: bytes, key: bytes, timestamp: int, headers: Any, state: Any) -> list[Stored]:
        metrics.messages.inc()
        return archive_ticks(message_of(value, key, timestamp, headers), state)

    if settings.archive_ticks:
        stateful(app.dataframe(topic(app, settings, Topic.TICKS)), ticks).sink(sink)
    for which, archive in _archives(settings).items():
        call = _metered(guarded(archive), metrics)
        app.dataframe(topic(app, settings, which)).apply(call, expand=True, metadata=True).sink(
            sink
        )


def _metered(
    archive: Archive, metrics: PipelineMetrics
) -> Callable[[bytes, bytes, int, Any], list[Stored]]:
    def call(value: bytes, key: bytes, timestamp: int, headers: Any) -> list[Stored]:
        metrics.messages.inc()
        return archive(message_of(value, key, timestamp, headers))

    return call
