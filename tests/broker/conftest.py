"""What several modules of this folder are given."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from functions.aggregate.app import create_app as create_aggregate
from functions.dead_letter.app import create_app as create_dead_letter
from streams.adapters.database import connect_engine
from tests.broker.aggregating import Aggregate
from tests.broker.dead_lettering import NOW, Letters
from tests.broker.notify_desk import Desk
from tests.fakes import settings
from tests.scripted_sink import Sink, sinking


@pytest.fixture
def engine(migrated: str) -> Iterator[Engine]:
    """Of a database with all tables and no rows."""
    engine = connect_engine(migrated)
    yield engine
    engine.dispose()


@pytest.fixture
def aggregate(migrated: str) -> Iterator[Aggregate]:
    engine = connect_engine(migrated)
    yield Aggregate(create_aggregate(settings(DATABASE_URL=migrated)).test_client(), engine)
    engine.dispose()


@pytest.fixture
def desk(migrated: str, tmp_path: Path, engine: Engine) -> Iterator[Desk]:
    with sinking(Sink([204])) as sink:
        yield Desk(migrated, tmp_path, sink, engine)


@pytest.fixture
def letters(migrated: str, engine: Engine) -> Letters:
    now = [NOW]
    app = create_dead_letter(settings(DATABASE_URL=migrated), now=lambda: now[0])
    return Letters(app.test_client(), engine, migrated, now)


@pytest.fixture
def sink() -> Iterator[Sink]:
    with sinking(Sink()) as running:
        yield running
