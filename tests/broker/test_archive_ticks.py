"""Ticks in the archive on a real PostgreSQL: each once, under its number, however they come."""

import copy
import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from streams.apps.archive import archive_ticks
from tests.broker.archiving import TAPE, add, archive_sink, cut, select_rows
from tests.fakes import FakeState, message


def _ticks(engine: Engine) -> list[tuple[object, ...]]:
    return select_rows(engine, "SELECT ts_ms, price, source, seq FROM ticks ORDER BY source, seq")


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
    state, sink = FakeState(), archive_sink(engine)
    for size in sizes:
        messages = cut(TAPE, size)
        at = 0
        while at < len(messages):
            portion, before = messages[at : at + every], copy.copy(state)
            for one in portion:
                add(sink, archive_ticks(one, state))
            sink.flush()
            if at <= crash_after < at + every:  # stored, but state and offsets are lost
                state, sink, crash_after = before, archive_sink(engine), -1
                continue
            at += every
    assert _ticks(engine) == EXPECTED


def test_a_bad_tick_is_left_out_and_the_others_keep_their_numbers(engine: Engine) -> None:
    value = json.dumps(
        {"symbol": "A", "ts": [1, 2, 3], "price": [1.0, -1.0, 3.0], "source": "s", "first": 5}
    ).encode()
    sink = archive_sink(engine)
    add(sink, archive_ticks(message(value), FakeState()))
    sink.flush()
    assert _ticks(engine) == [(1, 1.0, "s", 5), (3, 3.0, "s", 7)]


def test_ticks_without_source_are_known_by_their_message(engine: Engine) -> None:
    state, sink = FakeState(), archive_sink(engine)
    one = b'{"symbol": "A", "ts": 1, "price": 2, "size": 3}'
    for offset in (7, 8, 7):
        add(sink, archive_ticks(message(one, offset=offset, partition=2), state))
    sink.flush()
    assert _ticks(engine) == [(1, 2.0, "ticks/2", 7), (1, 2.0, "ticks/2", 8)]
