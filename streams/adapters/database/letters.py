"""Dead letters as people look at them: newest first, or one whole."""

from typing import Any

from sqlalchemy import Engine, func, select
from sqlalchemy.exc import DBAPIError

from streams.adapters.database.engine import first_line
from streams.adapters.database.tables import dead_letters
from streams.domain.errors import ServiceError

_c = dead_letters.c


def count_letters(engine: Engine) -> list[dict[str, Any]]:
    """How many there are by origin and reason, the most frequent first."""
    number = func.count().label("count")
    query = select(_c.origin, _c.reason, number).group_by(_c.origin, _c.reason)
    return _rows(engine, query.order_by(number.desc(), _c.origin, _c.reason))


def list_letters(
    engine: Engine, *, origin: str | None = None, reason: str | None = None, limit: int = 20
) -> list[dict[str, Any]]:
    """The newest ones, without their raw bytes."""
    query = select(_c.id, _c.origin, _c.reason, _c.detail, _c.source, _c.position, _c.seen_ms)
    if origin is not None:
        query = query.where(_c.origin == origin)
    if reason is not None:
        query = query.where(_c.reason == reason)
    return _rows(engine, query.order_by(_c.seen_ms.desc(), _c.id).limit(limit))


def find_letter(engine: Engine, letter_id: str) -> dict[str, Any] | None:
    """All of one, `raw` as bytes."""
    found = _rows(engine, select(dead_letters).where(_c.id == letter_id))
    return found[0] | {"raw": bytes(found[0]["raw"])} if found else None


def _rows(engine: Engine, query: Any) -> list[dict[str, Any]]:
    try:
        with engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]
    except DBAPIError as error:
        raise ServiceError(
            f"dead-letters: PostgreSQL refused: {first_line(error)}: is `tapedeck db upgrade` done?"
        ) from error
