"""Dead letters as people look at them, of both kinds: newest first, or one whole.

`input` was rejected before it could become anything (table `dead_letters`); `event` was made and
could not be delivered (table `undelivered`).
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, RowMapping, func, select
from sqlalchemy.exc import DBAPIError

from streams.adapters.database.engine import first_line
from streams.adapters.database.tables import dead_letters
from streams.adapters.database.undelivered import (
    Chosen,
    count_undelivered,
    find_undelivered,
    list_undelivered,
    replayable,
)
from streams.domain.errors import ServiceError

INPUT, EVENT = "input", "event"
KINDS = (INPUT, EVENT)

Rows = list[dict[str, Any]]
T = TypeVar("T")
_c = dead_letters.c


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which letters; None is any.

    For events, `origin` is a part of the destination's URL and `reason` the code of the answer.
    """

    kind: str | None = None
    origin: str | None = None
    reason: str | None = None

    def has(self, kind: str) -> bool:
        """Whether this kind is wanted."""
        return self.kind in (None, kind)


def count_letters(engine: Engine, wanted: Wanted | None = None) -> Rows:
    """How many there are by kind, origin and reason, the most frequent first."""
    wanted = wanted or Wanted()

    def read(connection: Connection) -> Rows:
        rows = _count_input(connection) if wanted.has(INPUT) else []
        if wanted.has(EVENT):
            rows += [_as_letter(row) for row in count_undelivered(connection)]
        return sorted(rows, key=lambda row: (-row["count"], row["origin"], row["reason"]))

    return _read(engine, read)


def list_letters(engine: Engine, wanted: Wanted, limit: int | None = 20) -> Rows:
    """The newest ones, without what they hold."""

    def read(connection: Connection) -> Rows:
        rows = _list_input(connection, wanted, limit) if wanted.has(INPUT) else []
        if wanted.has(EVENT):
            chosen = Chosen(destination=wanted.origin, code=wanted.reason)
            rows += [_as_letter(row) for row in list_undelivered(connection, chosen, limit)]
        return sorted(rows, key=lambda row: (-row["seen_ms"], row["id"]))[:limit]

    return _read(engine, read)


def find_letter(engine: Engine, letter_id: str) -> dict[str, Any] | None:
    """All of one: of an input `raw` as bytes, of an event `data`."""

    def read(connection: Connection) -> Rows:
        if (event := find_undelivered(connection, letter_id)) is not None:
            return [_as_letter(event)]
        rows = connection.execute(select(dead_letters).where(_c.id == letter_id))
        return [_rejected(row) | {"raw": bytes(row["raw"])} for row in rows.mappings()]

    found = _read(engine, read)
    return found[0] if found else None


def replayable_ids(engine: Engine, chosen: Chosen) -> list[str]:
    """Events that are still to be delivered, in the order in which they first failed."""
    return _read(engine, lambda connection: replayable(connection, chosen))


def _count_input(connection: Connection) -> Rows:
    number = func.count().label("count")
    query = select(_c.origin, _c.reason, number).group_by(_c.origin, _c.reason)
    return [_rejected(row) for row in connection.execute(query).mappings()]


def _list_input(connection: Connection, wanted: Wanted, limit: int | None) -> Rows:
    query = select(_c.id, _c.origin, _c.reason, _c.detail, _c.source, _c.position, _c.seen_ms)
    if wanted.origin is not None:
        query = query.where(_c.origin == wanted.origin)
    if wanted.reason is not None:
        query = query.where(_c.reason == wanted.reason)
    rows = connection.execute(query.order_by(_c.seen_ms.desc(), _c.id).limit(limit)).mappings()
    return [_rejected(row) for row in rows]


def _rejected(row: RowMapping) -> dict[str, Any]:
    return {"kind": INPUT, **row, "status": "rejected"}


def _as_letter(row: dict[str, Any]) -> dict[str, Any]:
    """An event's row with the names of a letter's: where it failed, with which answer, and why."""
    letter = {"kind": EVENT, "origin": row["destination"], "reason": row["code"], **row}
    if "last_ms" in row:
        letter |= {
            "detail": _problem_detail(row["error"]),
            "source": row["event_source"],
            "position": row["event_id"],
            "seen_ms": row["last_ms"],
        }
    return letter


def _problem_detail(text: str) -> str:
    """Of RFC 9457 problem details the sentence for people, else the text as it is."""
    try:
        return str(json.loads(text)["detail"])
    except (ValueError, RecursionError, LookupError, TypeError):
        return text


def _read(engine: Engine, read: Callable[[Connection], T]) -> T:
    try:
        with engine.connect() as connection:
            return read(connection)
    except DBAPIError as error:
        raise ServiceError(
            f"dead-letters: PostgreSQL refused: {first_line(error)}: is `tapedeck db upgrade` done?"
        ) from error
