"""What several modules of this folder are given: one database for all, and the function on it."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from functions.query.app import create_app
from streams.adapters.endpoints import Endpoints
from tests.broker.query.answering import Make, Query
from tests.broker.query.store import MINUTE, bar, fill, fill_bars, fresh_database
from tests.broker.relay import Relay, relaying
from tests.fakes import settings


@pytest.fixture(scope="session")
def url(services: Endpoints) -> Iterator[str]:
    """A database with known rows; what a test adds is of symbols that no other test uses."""
    assert services.database is not None
    with fresh_database(services.database) as url:
        fill(url)
        yield url


@pytest.fixture(scope="session")
def client(url: str, tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    home = tmp_path_factory.mktemp("query")
    return create_app(settings(DATABASE_URL=url, TAPEDECK_HOME=home)).test_client()


@pytest.fixture
def symbol(url: str) -> str:
    """A name that no other test uses, with a bar whose close is 100.1."""
    name = f"S{uuid.uuid4().hex[:8]}"
    fill_bars(url, [bar(name, MINUTE)])
    return name


@pytest.fixture
def query(url: str, tmp_path: Path) -> Make:
    def make(redis: str | None = None, database: str = url) -> Query:
        chosen = settings(DATABASE_URL=database, REDIS_URL=redis, TAPEDECK_HOME=tmp_path)
        return Query(create_app(chosen).test_client())

    return make


@pytest.fixture
def redis_relay(redis_url: str) -> Iterator[Relay]:
    parts = urlsplit(redis_url)
    with relaying(str(parts.hostname), int(parts.port or 0)) as relay:
        yield relay


@pytest.fixture
def database_relay(url: str) -> Iterator[Relay]:
    parts = urlsplit(url)
    with relaying(str(parts.hostname), int(parts.port or 0)) as relay:
        yield relay
