"""Events that Eventing gave up on, one row for each event and destination.

```
 undelivered --replay, accepted--> replayed --it comes as a dead letter again--> undelivered
      ^ '--replay, not accepted: attempts + 1, why--'
```
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, func, select
from sqlalchemy.dialects.postgresql import insert

from streams.adapters.cloud_event import CloudEvent
from streams.adapters.database.tables import undelivered as table

UNDELIVERED, REPLAYED = "undelivered", "replayed"
_HELD = frozenset({"data", "attributes", "trace", "error_data"})
_c = table.c


@dataclass(frozen=True, slots=True)
class Undelivered:
    """An event as it was before it failed, where it failed, and what was said there.

    `error_data` is the extension as it came, `error` its text for people.
    """

    event: CloudEvent
    destination: str
    code: str
    error: str
    error_data: str

    @property
    def id(self) -> str:
        """The same for the same event and destination, whatever was said."""
        parts = (self.event.source, self.event.id, self.destination)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which of them; None is any."""

    destination: str | None = None
    code: str | None = None
    event_type: str | None = None
    status: str | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Their SQL; a destination is found by a part of its URL, such as `notify`."""
        found = [
            column == value
            for column, value in (
                (_c.code, self.code), (_c.event_type, self.event_type), (_c.status, self.status),
            )
            if value is not None
        ]  # fmt: skip
        if self.destination is not None:
            found.append(_c.destination.contains(self.destination, autoescape=True))
        return found


def record(connection: Connection, letter: Undelivered, now_ms: int) -> None:
    """Store an arrival; one more of the same event and destination is counted."""
    values = {
        "code": letter.code,
        "error": letter.error,
        "error_data": letter.error_data,
        "attributes": dict(letter.event.attributes),
        "trace": dict(letter.event.trace),
        "data": letter.event.data,
        "last_ms": now_ms,
        "status": UNDELIVERED,
    }
    first = {
        "id": letter.id,
        "event_source": letter.event.source,
        "event_id": letter.event.id,
        "event_type": letter.event.attributes["type"],
        "destination": letter.destination,
        "first_ms": now_ms,
    }
    again = {**values, "arrivals": _c.arrivals + 1}
    statement = insert(table).values(**first, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=[_c.id], set_=again))


def count_undelivered(connection: Connection) -> list[dict[str, Any]]:
    """How many there are by destination, code and status, the most frequent first."""
    number = func.count().label("count")
    columns = (_c.destination, _c.code, _c.status)
    query = select(*columns, number).group_by(*columns).order_by(number.desc(), *columns)
    return [dict(row) for row in connection.execute(query).mappings()]


def list_undelivered(
    connection: Connection, chosen: Chosen, limit: int | None = None
) -> list[dict[str, Any]]:
    """The newest ones, without what they hold."""
    columns = [column for column in _c if column.name not in _HELD]
    query = select(*columns).where(*chosen.conditions()).order_by(_c.last_ms.desc(), _c.id)
    return [dict(row) for row in connection.execute(query.limit(limit)).mappings()]


def find_undelivered(connection: Connection, letter_id: str) -> dict[str, Any] | None:
    """All of one."""
    row = connection.execute(select(table).where(_c.id == letter_id)).mappings().one_or_none()
    return dict(row) | {"data": bytes(row["data"])} if row is not None else None


def replayable(connection: Connection, chosen: Chosen) -> list[str]:
    """Ids of those that are still to be delivered, in the order in which they first came."""
    wanted = [*chosen.conditions(), _c.status == UNDELIVERED]
    return list(connection.scalars(select(_c.id).where(*wanted).order_by(_c.first_ms, _c.id)))


class Claim:
    """One row that nobody else replays; what is noted counts when the claim ends without error."""

    def __init__(self, connection: Connection, row: dict[str, Any]) -> None:
        self._connection = connection
        self.row = row
        self.event = CloudEvent(row["attributes"], bytes(row["data"]), row["trace"])

    def replayed(self, now_ms: int) -> None:
        """The destination has accepted it."""
        self._note(status=REPLAYED, replayed_ms=now_ms, replay_error=None)

    def failed(self, error: str) -> None:
        """The destination has not; the row stays as it is, with why."""
        self._note(replay_error=error[:1_000])

    def _note(self, **values: object) -> None:
        change = table.update().where(_c.id == self.row["id"])
        self._connection.execute(change.values(attempts=_c.attempts + 1, **values))


@contextmanager
def claim(engine: Engine, letter_id: str) -> Iterator[Claim | None]:
    """Hold one undelivered event, by its row's lock; None when somebody else does or did it."""
    query = select(table).where(_c.id == letter_id, _c.status == UNDELIVERED)
    with engine.begin() as connection:
        row = connection.execute(query.with_for_update(skip_locked=True)).mappings().one_or_none()
        yield Claim(connection, dict(row)) if row is not None else None
