"""PostgreSQL as the API reads it: outages are ServiceError, and never take every thread.

One thread of the server is always left for what needs no database: while PostgreSQL hangs, the
latest prices still come from Redis.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Any

from psycopg2.errors import QueryCanceled, UndefinedTable
from sqlalchemy import Engine, Executable, RowMapping, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from functions._shared.postgres import CONNECTIONS
from functions.query.breaker import Breaker
from streams.adapters.database.engine import first_line
from streams.domain.errors import ServiceError

logger = logging.getLogger(__name__)

_PAUSE_SECONDS = 1.0
_WAIT_SECONDS = 1.0
_SLOTS = CONNECTIONS - 2


class Database:
    """Reads rows; raises ServiceError when PostgreSQL does not answer, or not in time."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._breaker = Breaker(_PAUSE_SECONDS)
        self._slots = BoundedSemaphore(_SLOTS)

    def rows(self, query: Executable, values: dict[str, Any] | None = None) -> Sequence[RowMapping]:
        """All rows of a query; keep it bounded."""
        with self._slot(), self._outages(), self._engine.connect() as connection:
            return connection.execute(query, values or {}).mappings().all()

    def check(self) -> None:
        """Return when PostgreSQL answers."""
        self.rows(text("SELECT 1"))

    @contextmanager
    def _slot(self) -> Iterator[None]:
        if not self._breaker.allows():
            raise ServiceError("PostgreSQL: did not answer a moment ago")
        if not self._slots.acquire(timeout=_WAIT_SECONDS):
            self._breaker.failed()
            raise ServiceError(f"PostgreSQL: {_SLOTS} queries are under way and none ends")
        try:
            yield
        finally:
            self._slots.release()

    @contextmanager
    def _outages(self) -> Iterator[None]:
        try:
            yield
        except (OperationalError, InterfaceError, PoolTimeoutError) as error:
            self._note(error)
            raise ServiceError(f"PostgreSQL: {first_line(error)}") from error
        except ProgrammingError as error:
            if isinstance(error.orig, UndefinedTable):
                raise ServiceError(
                    "PostgreSQL: its tables are not there: run `tapedeck db upgrade`"
                ) from error
            raise
        self._breaker.worked()

    def _note(self, error: DBAPIError | PoolTimeoutError) -> None:
        """A query that took too long says nothing about the next one."""
        if isinstance(error, DBAPIError) and isinstance(error.orig, QueryCanceled):
            self._breaker.worked()
        elif self._breaker.failed():
            logger.warning("postgres outage error=%s", first_line(error))
