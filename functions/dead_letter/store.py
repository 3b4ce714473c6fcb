"""Undelivered events in PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from streams.adapters.database.engine import first_line
from streams.adapters.database.undelivered import Undelivered, record
from streams.domain.errors import ServiceError


class Store:
    """Every method raises ServiceError when PostgreSQL does not answer."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep(self, letter: Undelivered, now_ms: int) -> None:
        """Return when it is committed."""
        with _outages(), self._engine.begin() as connection:
            record(connection, letter, now_ms)

    def check(self) -> None:
        """Return when PostgreSQL answers."""
        with _outages(), self._engine.connect() as connection:
            connection.execute(select(1))


@contextmanager
def _outages() -> Iterator[None]:
    try:
        yield
    except (DBAPIError, PoolTimeoutError) as error:
        raise ServiceError(f"PostgreSQL: {first_line(error)}") from error
