"""Rows that wait: collected for a digest, held by quiet hours, or parked while a channel is down.

```
 due()                   the channels whose rows have come due, or are many
   batches(channel)      a session lock: one instance tells a channel's batches at a time
     next                seal: the rows get the name of their batch, in a commit of its own
     delivered | failed  one commit for all rows of the batch
```
A batch that was sealed keeps its rows and its name, so that after a crash it is told again as the
same message, which receivers know by its key.
"""

import hashlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Engine,
    case,
    func,
    null,
    select,
    tuple_,
)

from functions.notify.ledger import Status
from functions.notify.locks import Lock, holding, outages
from functions.notify.notification import Notification, restored
from streams.adapters.database.tables import notifications as table

_GIVEN_UP_MS = 86_400_000
"""What has failed for a day is not tried any more; it stays `failed`."""
_ERROR = 1_000
_Held = tuple[str, str, dict[str, Any]]
_key = tuple_(table.c.event_source, table.c.signal_id)
_waits = table.c.due_ms.is_not(None)


@dataclass(frozen=True, slots=True)
class Batch:
    """What one message tells."""

    name: str
    notifications: tuple[Notification, ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """What may be told now: everything, or only some severities; a full digest does not wait."""

    now_ms: int
    most: int
    full: int | None
    severities: Collection[str] | None = None


class Batches:
    """The waiting rows of one channel, which nobody else tells now."""

    def __init__(self, connection: Connection, channel: str) -> None:
        self._connection = connection
        self._mine = (_waits, table.c.channel == channel)
        self._channel = channel

    def next(self, ask: Ask) -> Batch | None:
        """A batch that is due, oldest first; None when nothing is."""
        with self._connection.begin():
            return self._sealed(ask) or self._seal(ask)

    def delivered(self, batch: Batch, now_ms: int, remark: str | None) -> None:
        """All of it was told."""
        self._update(
            batch,
            status=Status.DELIVERED,
            delivered_ms=now_ms,
            error=remark,
            due_ms=null(),
            body=null(),
        )

    def failed(self, batch: Batch, error: str, now_ms: int, due_ms: int) -> None:
        """Nothing of it was; it is due again later, unless it has failed for a day."""
        sent = table.c.body["sent_ms"].astext.cast(BigInteger)
        due = case((sent < now_ms - _GIVEN_UP_MS, null()), else_=due_ms)
        self._update(batch, status=Status.FAILED, error=error[:_ERROR], due_ms=due)

    def _sealed(self, ask: Ask) -> Batch | None:
        c = table.c
        name = self._connection.scalar(
            select(c.digest)
            .where(*self._mine, c.digest.is_not(None), c.due_ms <= ask.now_ms, *_loud(ask))
            .order_by(c.due_ms, c.digest)
            .limit(1)
        )
        if name is None:
            return None
        return Batch(name, _restored(self._rows(c.digest == name)))

    def _seal(self, ask: Ask) -> Batch | None:
        c = table.c
        open_ = (c.digest.is_(None), *_loud(ask))
        count, first = self._connection.execute(
            select(func.count(), func.min(c.due_ms)).where(*self._mine, *open_)
        ).one()
        full = ask.full is not None and count >= ask.full
        if not count or (first > ask.now_ms and not full):
            return None
        rows = self._rows(*open_, most=ask.most)
        batch = Batch(_name(self._channel, rows), _restored(rows))
        self._connection.execute(
            table.update()
            .where(*self._mine, _key.in_([(row[0], row[1]) for row in rows]))
            .values(digest=batch.name, due_ms=func.least(c.due_ms, ask.now_ms))
        )
        return batch

    def _rows(self, *which: ColumnElement[bool], most: int | None = None) -> list[_Held]:
        c = table.c
        query = select(c.event_source, c.signal_id, c.body).where(*self._mine, *which)
        rows = self._connection.execute(query.order_by(c.time_ms, c.signal_id).limit(most))
        return [(source, event_id, body) for source, event_id, body in rows]

    def _update(self, batch: Batch, **values: object) -> None:
        with self._connection.begin():
            self._connection.execute(
                table.update()
                .where(*self._mine, table.c.digest == batch.name)
                .values(attempts=table.c.attempts + 1, **values)
            )


class Waiting:
    """Finds what waits; every method raises ServiceError when PostgreSQL does not answer."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def tallies(self) -> dict[str, tuple[int, int]]:
        """{channel: (rows that wait, when the first is due)}."""
        query = select(table.c.channel, func.count(), func.min(table.c.due_ms))
        with outages(), self._engine.connect() as connection:
            rows = connection.execute(query.where(_waits).group_by(table.c.channel))
            return {channel: (count, due) for channel, count, due in rows}

    @contextmanager
    def batches(self, channel: str) -> Iterator[Batches | None]:
        """Tell a channel's batches alone; None when another instance does."""
        with holding(self._engine, Lock.CHANNEL, channel) as connection:
            yield None if connection is None else Batches(connection, channel)


def _loud(ask: Ask) -> list[ColumnElement[bool]]:
    return [] if ask.severities is None else [table.c.severity.in_(list(ask.severities))]


def _restored(rows: Sequence[_Held]) -> tuple[Notification, ...]:
    return tuple(restored(source, event_id, body) for source, event_id, body in rows)


def _name(channel: str, rows: Sequence[_Held]) -> str:
    """A pure function of what the batch holds."""
    held = "\n".join(f"{row[0]}#{row[1]}" for row in rows)
    return f"digest/{channel}/{hashlib.sha256(held.encode()).hexdigest()[:16]}"
