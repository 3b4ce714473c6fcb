"""Locks in PostgreSQL that one instance holds while others answer or turn away."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from streams.domain.errors import ServiceError


class Lock(IntEnum):
    """Seeds of the hashes, so that the kinds of locks never meet."""

    EVENT = 0
    COOLDOWN = 1
    CHANNEL = 2


@contextmanager
def holding(engine: Engine, lock: Lock, name: str) -> Iterator[Connection | None]:
    """The connection that holds the session's lock of that name; None when another has it.

    Raises ServiceError when PostgreSQL does not answer. After any error the connection is closed:
    its lock must not survive in the pool.
    """
    key = func.hashtextextended(name, lock.value)
    with outages(), engine.connect() as connection:
        try:
            with connection.begin():
                free = connection.scalar(select(func.pg_try_advisory_lock(key)))
            yield connection if free else None
            if free:
                with connection.begin():
                    connection.execute(select(func.pg_advisory_unlock(key)))
        except BaseException:
            connection.invalidate()
            raise


@contextmanager
def outages() -> Iterator[None]:
    """Raises ServiceError for what PostgreSQL or the pool say."""
    try:
        yield
    except (DBAPIError, PoolTimeoutError) as error:
        said = str(error.orig if isinstance(error, DBAPIError) else error).strip().splitlines()
        raise ServiceError(f"PostgreSQL: {said[0] if said else 'no answer'}") from error
