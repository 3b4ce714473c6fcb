"""The archive's steps and sink on a real PostgreSQL and Redis."""

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from confluent_kafka import Producer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from quixstreams.sinks.base import SinkBackpressureError
from sqlalchemy import Engine, text

from streams.adapters.anomaly_events import anomaly_record
from streams.adapters.archive_sink import ArchiveSink
from streams.adapters.database import connect_engine, upgrade
from streams.adapters.endpoints import Endpoints
from streams.adapters.latest import Latest, LatestValues
from streams.adapters.letters import message_letter
from streams.adapters.messages import encode, encode_ticks
from streams.adapters.records import Message, Record
from streams.adapters.signal_events import signal_event
from streams.adapters.topics import Topics
from streams.apps.archive import (
    ArchiveIndicators,
    Stored,
    archive_bar,
    archive_letter,
    archive_signal,
    archive_ticks,
    guarded,
)
from streams.domain.anomaly import Anomaly
from streams.domain.bar import Bar
from streams.domain.errors import ServiceError
from streams.domain.indicator_row import IndicatorRow
from streams.domain.signal import Side, Signal
from streams.domain.tick import TickBatch
from tests.fakes import FakeState, message

NOWHERE = "postgresql://u:p@127.0.0.1:1/none"
TAPE = TickBatch(
    "A", [n * 40_000 for n in range(20)], [100.0 + n for n in range(20)], source="s", first=0
)
BAR = Bar("A", "1m", 60_000, 120_000, 1.0, 2.0, 0.5, 1.5, 9.0, 1.1, 3, 119_000)
ROW = IndicatorRow(
    "A", "5m", 0, 300_000, 1.0, 2.0, 0.5, 1.5, 9.0, 1.1, 3, False, {"ema38": 0.1}, {"x": "UP"}
)
SPIKE = Anomaly(
    "A/5m/0/anomaly.latency",
    300_000,
    "A",
    "5m",
    "latency",
    "low",
    101.5,
    None,
    100.0,
    0,
    2.0,
    "slow",
)
SIGNAL = Signal("A/5m/0/breakout", 300_000, "A", "5m", "breakout", Side.BUY, 1.5, 0.2, True, "up")


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    upgrade(database)
    engine = connect_engine(database)
    yield engine
    engine.dispose()


def _no_producer() -> Producer:
    raise AssertionError("no dead letter was expected")


def _sink(engine: Engine, clock: Callable[[], float] = lambda: 0.0) -> ArchiveSink:
    return ArchiveSink(
        engine,
        LatestValues(None),
        _no_producer,
        Topics(),
        registry=CollectorRegistry(),
        clock=clock,
    )


def _add(sink: ArchiveSink, values: list[Stored]) -> None:
    for value in values:
        sink.add(value, "A", 0, [], "any", 0, 0)


def _select(engine: Engine, query: str) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def _ticks(engine: Engine) -> list[tuple[object, ...]]:
    return _select(engine, "SELECT ts_ms, price, source, seq FROM ticks ORDER BY source, seq")


def _cut(batch: TickBatch, size: int) -> list[Message]:
    """The messages of a tape that is cut into batches of a size."""
    parts = [
        replace(batch, ts=batch.ts[at : at + size], price=batch.price[at : at + size], first=at)
        for at in range(0, len(batch), size)
    ]
    return [message(encode_ticks(part), offset=n) for n, part in enumerate(parts)]


EXPECTED = [(n * 40_000, 100.0 + n, "s", n) for n in range(20)]


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    sizes=st.lists(st.integers(1, 20), min_size=1, max_size=3),
    every=st.integers(1, 7),
    crash_after=st.integers(0, 20),
)
def test_cuts_repetitions_and_a_crash_before_the_commit_give_the_same_ticks(
    engine: Engine, sizes: list[int], every: int, crash_after: int
) -> None:
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE tick_batches"))
    state, sink = FakeState(), _sink(engine)
    for size in sizes:
        messages = _cut(TAPE, size)
        at = 0
        while at < len(messages):
            portion, before = messages[at : at + every], copy.copy(state)
            for one in portion:
                _add(sink, archive_ticks(one, state))
            sink.flush()
            if at <= crash_after < at + every:  # stored, but state and offsets are lost
                state, sink, crash_after = before, _sink(engine), -1
                continue
            at += every
    assert _ticks(engine) == EXPECTED


def test_a_bad_tick_is_left_out_and_the_others_keep_their_numbers(engine: Engine) -> None:
    value = json.dumps(
        {"symbol": "A", "ts": [1, 2, 3], "price": [1.0, -1.0, 3.0], "source": "s", "first": 5}
    ).encode()
    sink = _sink(engine)
    _add(sink, archive_ticks(message(value), FakeState()))
    sink.flush()
    assert _ticks(engine) == [(1, 1.0, "s", 5), (3, 3.0, "s", 7)]


def test_ticks_without_source_are_known_by_their_message(engine: Engine) -> None:
    state, sink = FakeState(), _sink(engine)
    one = b'{"symbol": "A", "ts": 1, "price": 2, "size": 3}'
    for offset in (7, 8, 7):
        _add(sink, archive_ticks(message(one, offset=offset, partition=2), state))
    sink.flush()
    assert _ticks(engine) == [(1, 2.0, "ticks/2", 7), (1, 2.0, "ticks/2", 8)]


def test_everything_else_is_stored_once(engine: Engine) -> None:
    headers, value = signal_event(SIGNAL)
    sink = _sink(engine)
    for _ in range(2):
        _add(sink, archive_bar(message(encode(BAR))))
        _add(sink, archive_bar(message(encode(replace(BAR, final=False, start=120_000)))))
        _add(sink, ArchiveIndicators("5m")(message(encode(ROW))))
        _add(sink, archive_signal(message(value, headers=headers)))
        spike = anomaly_record(SPIKE)
        _add(sink, archive_signal(message(spike.value, headers=spike.headers)))
        letter = message_letter(message(b"\0\xff"), "bars", "bad_message", "was\0 bad")
        _add(sink, archive_letter(message(letter.value, headers=letter.headers)))
        sink.flush()
    assert _select(engine, "SELECT * FROM bars") == [
        ("A", "1m", 60_000, 120_000, 1.0, 2.0, 0.5, 1.5, 9.0, 1.1, 3, 119_000)
    ]
    assert _select(engine, 'SELECT start_ms, warm, "values", votes FROM indicators') == [
        (0, False, {"ema38": 0.1}, {"x": "UP"})
    ]
    assert _select(engine, "SELECT id, side, event_source FROM signals") == [
        ("A/5m/0/breakout", "buy", "/tapedeck/signals")
    ]
    assert _select(engine, "SELECT * FROM anomalies") == [
        ("A/5m/0/anomaly.latency", 300_000, "A", "5m", "latency", "low", 101.5, None, 100.0, 0, 2.0,
         "slow", "/tapedeck/anomalies")
    ]  # fmt: skip
    assert _select(engine, "SELECT reason, detail, raw::text FROM dead_letters") == [
        ("bad_message", "was\N{REPLACEMENT CHARACTER} bad", "\\x00ff")
    ]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"not json", "bad_message"),
        (b"{}", "bad_message"),
        (encode(replace(BAR, symbol="A\0B")), "unstorable"),
        (encode(replace(BAR, interval="x" * 5_000)), "unstorable"),
    ],
)
def test_poison_becomes_a_dead_letter(value: bytes, reason: str) -> None:
    [letter] = guarded(archive_bar)(message(value, topic="bars", offset=3))
    assert isinstance(letter, Record)
    assert dict(letter.headers)["reason"] == reason.encode()
    assert dict(letter.headers)["id"] == f"archive/bars/0/3/{reason}".encode()
    assert letter.value == value


def test_an_outage_is_back_pressure_and_a_long_one_an_error() -> None:
    now = [0.0]
    sink = _sink(connect_engine(NOWHERE), lambda: now[0])
    for now[0] in (0.0, 599.0):
        _add(sink, archive_bar(message(encode(BAR))))
        with pytest.raises(SinkBackpressureError):
            sink.flush()
    sink.flush()  # the failed batch is dropped: its messages come again
    now[0] = 600.0
    _add(sink, archive_bar(message(encode(BAR))))
    with pytest.raises(ServiceError, match="expected PostgreSQL back within 600 s"):
        sink.flush()


def test_a_connection_that_was_killed_is_made_again(engine: Engine) -> None:
    sink = _sink(engine)
    _add(sink, archive_ticks(_cut(TAPE, 20)[0], FakeState()))
    sink.flush()
    other = connect_engine(engine.url.render_as_string(hide_password=False))
    with other.begin() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    other.dispose()
    _add(sink, archive_bar(message(encode(BAR))))
    sink.flush()
    assert _select(engine, "SELECT count(*) FROM bars") == [(1,)]


def test_latest_values_live_for_a_while_and_never_go_back(services: Endpoints) -> None:
    redis = pytest.importorskip("redis")
    if services.redis is None:
        pytest.skip("no Redis on this machine")
    client = redis.Redis.from_url(services.redis)
    latest = LatestValues(services.redis)
    for time, price in ((5, 1.0), (9, 2.0), (7, 3.0)):
        latest.add(Latest("latest_price:A", time, {"price": price}))
    assert latest.write()
    latest.add(Latest("latest_price:A", 8, {"price": 4.0}))
    assert latest.write()
    assert json.loads(client.get("latest_price:A")) == {"price": 2.0}
    assert 0 < client.ttl("latest_price:A") <= 300
    client.close()


def test_without_redis_everything_goes_on() -> None:
    now = [0.0]
    latest = LatestValues("redis://127.0.0.1:1/0", lambda: now[0])
    latest.add(Latest("a", 1, 1))
    assert not latest.write()
    latest.add(Latest("a", 1, 1))
    assert latest.write()  # left alone for a while
    now[0] = 31.0
    latest.add(Latest("a", 1, 1))
    assert not latest.write()
