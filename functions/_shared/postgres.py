"""PostgreSQL as functions use it: a small pool, and statements that never outlive a request."""

from typing import Any

from sqlalchemy import Engine, event

from streams.adapters.database.engine import connect_engine

CONNECTIONS = 8
"""One per gunicorn thread; `max-scale` times this must fit into the server's limit."""
_WAIT_SECONDS = 5
_STATEMENT_MS = 5_000


def function_engine(url: str) -> Engine:
    """An engine whose pool, locks and statements give up well within `timeoutSeconds`."""
    engine = connect_engine(url, pool_size=CONNECTIONS, max_overflow=0, pool_timeout=_WAIT_SECONDS)

    @event.listens_for(engine, "connect")
    def _limit(connection: Any, _: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET statement_timeout = {_STATEMENT_MS:d}")
        connection.commit()

    return engine
