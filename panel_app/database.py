"""PostgreSQL as the dashboard uses it: there or not, and used again as soon as it is back."""

import logging
import threading
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from streams.adapters.database import connect_engine
from streams.adapters.database.engine import first_line
from streams.domain.errors import ServiceError

logger = logging.getLogger(__name__)

T = TypeVar("T")
_LOOK_S = 3.0
_STATEMENT_MS = 20_000


class Database:
    """Looks for the server every few seconds; any thread may `run` queries.

    `address` says where it is now, or raises ServiceError; `on_up` is called (in the watching
    thread) whenever the server has come, the first time too.
    """

    def __init__(
        self, address: Callable[[], str], on_up: Callable[[], None], every: float = _LOOK_S
    ) -> None:
        self._address = address
        self._on_up = on_up
        self._every = every
        self._url = ""
        self._engine: Engine | None = None
        self._up = False
        self._why = "not looked for yet"
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="database", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(0.5)

    @property
    def up(self) -> bool:
        """Did it answer when it was last asked?"""
        return self._up

    @property
    def why(self) -> str:
        """Why it is not up."""
        return self._why

    def run(self, query: Callable[[Connection], T]) -> T:
        """What the query returns; raises ServiceError when the server does not answer it."""
        engine = self._engine
        if engine is None or not self._up:
            raise ServiceError(f"PostgreSQL: {self._why}")
        try:
            with engine.connect() as connection:
                connection.execute(text(f"SET statement_timeout = {_STATEMENT_MS}"))
                return query(connection)
        except SQLAlchemyError as error:
            raise ServiceError(f"PostgreSQL: {first_line(error)}") from error

    def _watch(self) -> None:
        while not self._stop.is_set():
            self._look()
            self._stop.wait(self._every)
        if self._engine is not None:
            self._engine.dispose()

    def _look(self) -> None:
        try:
            self._ping()
        except (ServiceError, SQLAlchemyError) as error:
            self._down(first_line(error))
            return
        if not self._up:
            self._up = True
            logger.info("postgresql up")
            self._on_up()

    def _ping(self) -> None:
        url = self._address()
        if self._engine is None or url != self._url:
            self._url = url
            self._engine = connect_engine(url, pool_size=4, max_overflow=4, pool_timeout=5)
        with self._engine.connect() as connection:
            connection.execute(text("SELECT FROM bars LIMIT 0"))  # the tables are there, too

    def _down(self, why: str) -> None:
        if self._up or why != self._why:
            logger.warning("no history error=%s", why)
        self._up, self._why = False, why
