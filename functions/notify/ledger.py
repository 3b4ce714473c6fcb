"""Who was told what, in PostgreSQL: one row per event and channel.

```
 claim (source, id)      a session lock: whoever else has this event gets 409
   plan                  under a lock of (symbol, kind): cooldown or pending, per channel
   delivered | failed    one commit per channel, right after its answer
```
A signal is held back on a channel when one of the same symbol and kind, less than the cooldown
older in event time, was delivered there or is on its way. That is decided once, when the row is
made, so that retries cannot change it.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum

from sqlalchemy import Connection, Engine, Exists, and_, exists, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from functions._shared.problems import BusyError
from functions.notify.notification import Notification
from streams.adapters.database.tables import notifications as table
from streams.domain.errors import ServiceError

_EVENT, _COOLDOWN = 0, 1  # seeds: the two kinds of locks never meet


class Status(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    COOLDOWN = "cooldown"


class Claim:
    """An event that nobody else works on."""

    def __init__(self, connection: Connection, cooldown_ms: int) -> None:
        self._connection = connection
        self._cooldown_ms = cooldown_ms

    def plan(self, notification: Notification, channels: Iterable[str]) -> list[str]:
        """The channels that are still to be told, of those given."""
        signal = notification.signal
        with self._connection.begin():
            group = f"{signal.symbol}/{signal.kind}"
            self._connection.execute(
                select(func.pg_advisory_xact_lock(func.hashtextextended(group, _COOLDOWN)))
            )
            known = self._known(notification)
            for channel in channels:
                if channel not in known:
                    known[channel] = self._decide(notification, channel)
        done = (Status.DELIVERED, Status.COOLDOWN)
        return [channel for channel in channels if known[channel] not in done]

    def delivered(self, notification: Notification, channel: str, now_ms: int) -> None:
        """The channel has accepted it."""
        self._update(
            notification, channel, status=Status.DELIVERED, delivered_ms=now_ms, error=None
        )

    def failed(self, notification: Notification, channel: str, error: str) -> None:
        """The channel has not; it will be tried again when the event comes again."""
        self._update(notification, channel, status=Status.FAILED, error=error[:1_000])

    def _known(self, notification: Notification) -> dict[str, Status]:
        rows = self._connection.execute(
            select(table.c.channel, table.c.status).where(
                table.c.event_source == notification.source,
                table.c.signal_id == notification.id,
            )
        )
        return {channel: Status(status) for channel, status in rows}

    def _decide(self, notification: Notification, channel: str) -> Status:
        signal = notification.signal
        held = self._connection.scalar(select(self._recently_told(notification, channel)))
        status = Status.COOLDOWN if held else Status.PENDING
        self._connection.execute(
            insert(table).values(
                event_source=notification.source,
                signal_id=notification.id,
                channel=channel,
                symbol=signal.symbol,
                kind=signal.kind,
                time_ms=signal.time,
                status=status.value,
                attempts=0,
            )
        )
        return status

    def _recently_told(self, notification: Notification, channel: str) -> Exists:
        signal, c = notification.signal, table.c
        return exists().where(
            and_(
                c.symbol == signal.symbol,
                c.kind == signal.kind,
                c.channel == channel,
                c.status.in_([Status.DELIVERED.value, Status.PENDING.value]),
                c.time_ms > signal.time - self._cooldown_ms,
                c.time_ms <= signal.time,
                or_(c.event_source != notification.source, c.signal_id != notification.id),
            )
        )

    def _update(self, notification: Notification, channel: str, **values: object) -> None:
        with self._connection.begin():
            self._connection.execute(
                table.update()
                .where(
                    table.c.event_source == notification.source,
                    table.c.signal_id == notification.id,
                    table.c.channel == channel,
                )
                .values(attempts=table.c.attempts + 1, **values)
            )


class Ledger:
    """Opens claims; every method raises ServiceError when PostgreSQL does not answer."""

    def __init__(self, engine: Engine, cooldown_ms: int) -> None:
        self._engine = engine
        self._cooldown_ms = cooldown_ms

    @contextmanager
    def claim(self, source: str, event_id: str) -> Iterator[Claim]:
        """Work on one event alone. Raises BusyError when another request does."""
        key = func.hashtextextended(f"{source}#{event_id}", _EVENT)
        with _outages(), self._engine.connect() as connection:
            try:
                with connection.begin():
                    free = connection.scalar(select(func.pg_try_advisory_lock(key)))
                if not free:
                    raise BusyError(f"event {event_id}: another request is working on it")
                yield Claim(connection, self._cooldown_ms)
                with connection.begin():
                    connection.execute(select(func.pg_advisory_unlock(key)))
            except BusyError:
                raise
            except BaseException:
                connection.invalidate()  # closes it: its lock must not survive in the pool
                raise

    def check(self) -> None:
        """Return when PostgreSQL answers."""
        with _outages(), self._engine.connect() as connection:
            connection.execute(select(1))


@contextmanager
def _outages() -> Iterator[None]:
    try:
        yield
    except (DBAPIError, PoolTimeoutError) as error:
        said = str(error.orig if isinstance(error, DBAPIError) else error).strip().splitlines()
        raise ServiceError(f"PostgreSQL: {said[0] if said else 'no answer'}") from error
