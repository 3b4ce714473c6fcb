"""The tables that the function keeps, each change of a symbol in one transaction.

```
 lock of the symbol (never waited for: a second one gets BusyError, or passes the symbol over)
   note signals -> scores -> base rates -> scorecards of the symbol
                -> summaries of the days that have grown or have a new signal
```
Nobody waits while holding a lock, so no two instances can lock each other out.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg2.errors import QueryCanceled, UndefinedTable
from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from functions._shared.problems import BusyError
from functions.aggregate import cards, days, growth, scores
from functions.aggregate.scores import Touched
from streams.adapters.database.engine import first_line
from streams.domain.errors import ServiceError
from streams.domain.scorecard import POOLED
from streams.domain.signal import Signal

# A seed of its own, so that these locks never meet those of other functions.
_CLAIM = text("""
    SELECT symbol FROM unnest(CAST(:symbols AS text[])) AS symbol
    WHERE pg_try_advisory_xact_lock(hashtextextended(symbol, 20))
""")
_POOL = text("SELECT pg_advisory_xact_lock(hashtextextended(:pooled, 20))")


class TooSlowError(ServiceError):
    """A statement did not end within PostgreSQL's statement_timeout."""


class Store:
    """One per process; every method raises ServiceError when PostgreSQL does not answer."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def note(self, source: str, event_id: str, signal: Signal) -> bool:
        """Keep a signal, and bring its symbol up to date; False when it was known.

        Raises BusyError, with nothing done, while another request works on the symbol.
        """
        with _outages(), self._engine.begin() as connection:
            if not _claim(connection, [signal.symbol]):
                raise BusyError(f"symbol {signal.symbol}: another request is working on it")
            touched = scores.note(connection, source, event_id, signal)
            _refresh(connection, [signal.symbol], touched)
            return bool(touched)

    def refresh(self, symbols: list[str]) -> int:
        """Bring symbols up to date, but for those that somebody else is at; how many these are.

        Raises TooSlowError, with nothing done, when they are too many for one go.
        """
        with _outages(), self._engine.begin() as connection:
            claimed = _claim(connection, symbols)
            if claimed:
                _refresh(connection, claimed, set())
            return len(claimed)

    def stale(self) -> list[str]:
        """Symbols of which bars or signals have been stored since they were brought up to date."""
        with _outages(), self._engine.begin() as connection:
            return growth.stale(connection)

    def pool(self) -> None:
        """The scorecards over all symbols."""
        with _outages(), self._engine.begin() as connection:
            connection.execute(_POOL, {"pooled": POOLED})  # the only lock that is held here
            cards.pool(connection)

    def check(self) -> None:
        """Return when PostgreSQL answers."""
        with _outages(), self._engine.connect() as connection:
            connection.execute(select(1))


def _claim(connection: Connection, symbols: list[str]) -> list[str]:
    return list(connection.scalars(_CLAIM, {"symbols": symbols}))


def _refresh(connection: Connection, symbols: list[str], touched: Touched) -> None:
    """What was seen is noted first: whatever is stored meanwhile makes the symbol stale again."""
    growth.see(connection, symbols)
    touched = touched | scores.catch_up(connection, symbols)
    scores.score(connection, symbols)
    scores.base_rates(connection, symbols)
    cards.refresh(connection, symbols)
    days.refresh(connection, symbols, touched)


@contextmanager
def _outages() -> Iterator[None]:
    try:
        yield
    except (DBAPIError, PoolTimeoutError) as error:
        said = f"PostgreSQL: {first_line(error)}"
        cause = error.orig if isinstance(error, DBAPIError) else None
        if isinstance(cause, UndefinedTable):
            raise ServiceError(f"{said}: run `tapedeck db upgrade`") from error
        raise (TooSlowError if isinstance(cause, QueryCanceled) else ServiceError)(said) from error
