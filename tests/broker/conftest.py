"""What several modules of this folder are given."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from functions.aggregate.app import create_app as create_aggregate
from streams.adapters.database import connect_engine
from tests.broker.aggregating import Aggregate
from tests.fakes import settings


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
