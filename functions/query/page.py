"""Pages by key: the rows after the last one seen, never an offset.

A row that is inserted meanwhile is on a page if it sorts after the cursor; none comes twice and
none that was there is left out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, select, tuple_

from functions.query.cursor import Key, decode_cursor, encode_cursor, scope_of
from functions.query.database import Database
from functions.query.listing import Item, Listing

Order = Literal["desc", "asc"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows: those equal in `where`, of times in `[start, end)` (epoch ms), in this order."""

    where: Mapping[str, Any] = field(default_factory=dict)
    start: int | None = None
    end: int | None = None
    order: Order = "desc"
    limit: int = 100
    cursor: str | None = None

    def scope(self, name: str) -> str:
        """What a cursor is good for; the length of the page may change."""
        where = sorted((k, str(v)) for k, v in self.where.items() if v is not None)
        return scope_of(name, where, self.start, self.end, self.order)


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, and the cursor of the next page where there is one."""

    items: list[Item]
    next: str | None


def position(listing: Listing, wanted: Wanted) -> Key | None:
    """Where the page begins; raises RefusedError for a cursor that is none of this query's."""
    if wanted.cursor is None:
        return None
    return decode_cursor(wanted.cursor, wanted.scope(listing.name), listing.key_kinds())


def read_page(
    database: Database,
    listing: Listing,
    wanted: Wanted,
    only: Iterable[ColumnElement[bool]] = (),
) -> Page:
    """A page; `only` narrows what is read, not what is found."""
    query = _query(listing, wanted, position(listing, wanted)).where(*only)
    rows = database.rows(query)
    more = len(rows) > wanted.limit
    kept = rows[: wanted.limit]
    items = [{name: row[name] for name in listing.columns} for row in kept]
    if not more:
        return Page(items, None)
    return Page(items, encode_cursor(wanted.scope(listing.name), listing.key_of(kept[-1])))


def _query(listing: Listing, wanted: Wanted, after: Key | None) -> Select[Any]:
    columns = listing.table.c
    key = [columns[name] for name in listing.key]
    names = dict.fromkeys((*listing.columns, *listing.key))
    query = select(*(columns[name] for name in names)).where(
        *(columns[name] == value for name, value in wanted.where.items() if value is not None)
    )
    if wanted.start is not None:
        query = query.where(key[0] >= wanted.start)
    if wanted.end is not None:
        query = query.where(key[0] < wanted.end)
    if after is not None:
        seen = tuple_(*after)
        query = query.where(tuple_(*key) < seen if wanted.order == "desc" else tuple_(*key) > seen)
    ordered = [c.desc() for c in key] if wanted.order == "desc" else [c.asc() for c in key]
    return query.order_by(*ordered).limit(wanted.limit + 1)
