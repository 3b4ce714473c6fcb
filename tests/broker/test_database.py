"""The tables on a real PostgreSQL: migrations, and writes that any repetition leaves alike."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from multiprocessing import get_context

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from streams.adapters.database import connect_engine, current_revision, require, upgrade
from streams.adapters.database.migrate import head_revision
from streams.adapters.database.rows import bar_row, dead_letter_row, tick_rows
from streams.adapters.database.tables import metadata
from streams.adapters.database.writer import Batch, Writer
from streams.domain.bar import Bar
from streams.domain.dead_letter import DeadLetter
from streams.domain.errors import ServiceError
from streams.domain.tick import TickBatch


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    upgrade(database)
    engine = connect_engine(database)
    yield engine
    engine.dispose()


def _ticks(engine: Engine) -> list[tuple[object, ...]]:
    query = text("SELECT symbol, ts_ms, price, size, source, seq FROM ticks ORDER BY symbol, seq")
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(query)]


def test_migrations_make_the_tables_that_the_code_sees(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_upgrades_at_once_wait_in_line(database: str) -> None:
    assert current_revision(database) is None
    with ProcessPoolExecutor(3, mp_context=get_context("spawn")) as pool:
        revisions = set(pool.map(upgrade, [database] * 3))
    assert revisions == {head_revision()} == {current_revision(database)}


def test_missing_tables_are_refused_with_the_command_that_makes_them(database: str) -> None:
    engine = connect_engine(database)
    with pytest.raises(ServiceError, match="was none: run `tapedeck db upgrade`"):
        require(engine)
    upgrade(database)
    require(engine)
    engine.dispose()


def test_what_is_written_reads_back_exactly(engine: Engine) -> None:
    prices = [0.1 + 0.2, 5e-324, 1.7976931348623157e308]
    batch = TickBatch("é'\\", [1, 2, 3], prices, [0.0, 1.5, 1e22], source="s", first=4)
    _write(Writer(engine), [batch])
    assert [row[2:] for row in _ticks(engine)] == [
        (price, size, "s", seq)
        for price, size, seq in zip(prices, [0.0, 1.5, 1e22], [4, 5, 6], strict=True)
    ]


def test_months_are_attached_as_they_come_even_by_two_writers(engine: Engine) -> None:
    ends_and_starts = [1_638_316_799_999, 1_638_316_800_000, 0, 7_258_118_399_999]
    for writer in (Writer(engine), Writer(engine)):
        for first, ts in enumerate(ends_and_starts):
            _write(writer, [TickBatch("A", [ts], [1.0], source="s", first=first)])
    assert [row[1] for row in _ticks(engine)] == ends_and_starts
    with engine.connect() as connection:
        months = connection.scalars(
            text("SELECT inhrelid::regclass::text FROM pg_inherits "
                 "WHERE inhparent = 'tick_batches'::regclass ORDER BY 1")
        ).all()  # fmt: skip
    assert months == [
        "tick_batches_197001", "tick_batches_202111", "tick_batches_202112", "tick_batches_219912"
    ]  # fmt: skip


def test_a_later_bar_replaces_but_the_first_dead_letter_stays(engine: Engine) -> None:
    writer = Writer(engine)
    for close in (1.0, 2.0):
        batch = Batch()
        batch.add(bar_row(Bar("A", "1m", 0, 60_000, 1.0, 2.0, 1.0, close, 0.0, 1.0, 1, 5)))
        letter = DeadLetter("x", "bars", "late", str(close), "s", 1, b"\0raw")
        batch.add(dead_letter_row(letter, "dead-letters/0", 0, 7))
        writer.write(batch)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT close FROM bars")).all() == [(2.0,)]
        assert connection.execute(text("SELECT detail FROM dead_letters")).all() == [("1.0",)]


def test_a_write_is_whole_or_not_at_all(engine: Engine) -> None:
    batch = Batch()
    for row in tick_rows(TickBatch("A", [1], [1.0], source="s"), [(0, 1)], "t/0", 0):
        batch.add(row)
    batch.add(bar_row(Bar("A", "1m", 0, 1, 1.0, 1.0, 1.0, 1.0, 0.0, 1.0, 1, 5)))
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE bars"))
    with pytest.raises(Exception, match="bars"):
        Writer(engine).write(batch)
    assert _ticks(engine) == []


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(cuts=st.lists(st.sets(st.integers(1, 11)), min_size=1, max_size=3))
def test_the_same_rows_in_any_portions_and_repeated_give_the_same_table(
    engine: Engine, cuts: list[set[int]]
) -> None:
    """Rows keep their cut, as a crash repeats the same messages; transactions are cut anyhow."""
    batches = [
        TickBatch("A", [i * 10, i * 10 + 1], [i + 1.0, i + 2.0], source="s", first=2 * i)
        for i in range(12)
    ]
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE tick_batches"))
    writer = Writer(engine)
    for cut in cuts:
        for lo, hi in pairwise(sorted({0, 12} | cut)):
            _write(writer, batches[lo:hi])
    assert [row[5] for row in _ticks(engine)] == list(range(24))


def _write(writer: Writer, batches: list[TickBatch]) -> None:
    batch = Batch()
    for ticks in batches:
        for row in tick_rows(ticks, [(0, len(ticks))], "t/0", 0):
            batch.add(row)
    writer.write(batch)
