"""What several modules of this folder are given."""

from collections.abc import Iterator

import pytest

from functions.aggregate.app import create_app
from streams.adapters.database import connect_engine
from tests.broker.aggregating import Aggregate
from tests.fakes import settings


@pytest.fixture
def aggregate(migrated: str) -> Iterator[Aggregate]:
    engine = connect_engine(migrated)
    yield Aggregate(create_app(settings(DATABASE_URL=migrated)).test_client(), engine)
    engine.dispose()
