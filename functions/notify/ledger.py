"""Who was told what, in PostgreSQL: one row per event and channel.

```
 claim (source, id)      a session lock: whoever else has this event gets 409
   plan                  under a lock of (symbol, kind), per channel:
                         cooldown | quiet, digest (wait until due_ms) | pending
   delivered | failed    one commit per channel, right after its answer
```
A signal is held back on a channel when one of the same symbol and kind, less than the cooldown
older in event time, was delivered there or is on its way. All of it is decided once, when the rows
are made, so that neither retries nor another configuration can change it. A row with `due_ms`
belongs to `functions.notify.waiting`, all others to whoever claims their event.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum

from sqlalchemy import Connection, Engine, Exists, and_, exists, func, null, or_, select
from sqlalchemy.dialects.postgresql import insert

from functions._shared.problems import BusyError
from functions.notify.locks import Lock, holding, outages
from functions.notify.notification import Notification
from streams.adapters.database.tables import notifications as table

Hold = Callable[[str], tuple[str, int] | None]
"""For a channel: why a notification waits there (`quiet`, `digest`) and until when; None: not."""

_ERROR = 1_000


class Status(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    COOLDOWN = "cooldown"
    DIGEST = "digest"
    QUIET = "quiet"


class Claim:
    """An event that nobody else works on."""

    def __init__(self, connection: Connection, cooldown_ms: int) -> None:
        self._connection = connection
        self._cooldown_ms = cooldown_ms

    def plan(self, notification: Notification, channels: Sequence[str], hold: Hold) -> list[str]:
        """The channels to tell now: of those given the first time, of its rows from then on."""
        signal = notification.signal
        with self._connection.begin():
            group = f"{signal.symbol}/{signal.kind}"
            self._connection.execute(
                select(func.pg_advisory_xact_lock(func.hashtextextended(group, Lock.COOLDOWN)))
            )
            known = self._known(notification)
            if not known:
                known = {name: self._decide(notification, name, hold) for name in channels}
        return [name for name, open_ in known.items() if open_]

    def delivered(
        self, notification: Notification, channel: str, now_ms: int, remark: str | None = None
    ) -> None:
        """The channel has accepted it."""
        self._update(
            notification,
            channel,
            status=Status.DELIVERED,
            delivered_ms=now_ms,
            error=remark,
            body=null(),
        )

    def failed(
        self, notification: Notification, channel: str, error: str, due_ms: int | None = None
    ) -> None:
        """The channel has not; it is tried again when the event comes again, or when due."""
        self._update(
            notification, channel, status=Status.FAILED, error=error[:_ERROR], due_ms=due_ms
        )

    def _known(self, notification: Notification) -> dict[str, bool]:
        """{channel: it is to be told now}."""
        rows = self._connection.execute(
            select(table.c.channel, table.c.status, table.c.due_ms).where(
                table.c.event_source == notification.source,
                table.c.signal_id == notification.id,
            )
        )
        todo = (Status.PENDING, Status.FAILED)
        return {channel: status in todo and due is None for channel, status, due in rows}

    def _decide(self, notification: Notification, channel: str, hold: Hold) -> bool:
        """Make the row; whether it is to be told now."""
        held = self._connection.scalar(select(self._recently_told(notification, channel)))
        wait = None if held else hold(channel)
        status, due = wait or (Status.COOLDOWN if held else Status.PENDING, None)
        if status == Status.DIGEST and due is not None:
            due = min(due, self._digest_due(channel) or due)
        signal = notification.signal
        self._connection.execute(
            insert(table).values(
                event_source=notification.source,
                signal_id=notification.id,
                channel=channel,
                symbol=signal.symbol,
                kind=signal.kind,
                time_ms=signal.time,
                severity=notification.severity,
                status=str(status),
                attempts=0,
                due_ms=due,
                body=null() if held else notification.stored(),
            )
        )
        return status == Status.PENDING

    def _digest_due(self, channel: str) -> int | None:
        """When the digest that is being collected is due."""
        due: int | None = self._connection.scalar(
            select(func.min(table.c.due_ms)).where(
                table.c.channel == channel,
                table.c.due_ms.is_not(None),
                table.c.digest.is_(None),
                table.c.status == Status.DIGEST,
            )
        )
        return due

    def _recently_told(self, notification: Notification, channel: str) -> Exists:
        signal, c = notification.signal, table.c
        coming = [Status.DELIVERED, Status.PENDING, Status.DIGEST, Status.QUIET]
        return exists().where(
            and_(
                c.symbol == signal.symbol,
                c.kind == signal.kind,
                c.channel == channel,
                or_(c.status.in_([status.value for status in coming]), c.due_ms.is_not(None)),
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
        with holding(self._engine, Lock.EVENT, f"{source}#{event_id}") as connection:
            if connection is None:
                raise BusyError(f"event {event_id}: another request is working on it")
            yield Claim(connection, self._cooldown_ms)

    def check(self) -> None:
        """Return when PostgreSQL answers."""
        with outages(), self._engine.connect() as connection:
            connection.execute(select(1))
