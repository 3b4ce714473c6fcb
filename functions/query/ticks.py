"""Pages of ticks: rows of the table hold thousands each, so first it is found out which to open.

```
 batches by t_last   |--------|  |------|   |-----|         newest first
 ticks, counted             300     +100      +200  > limit
 floor                                      ^ t_first: the newest `limit` ticks are not before it
```
Counting needs only the size of an array, not its content.
"""

from sqlalchemy import BigInteger, ColumnElement, Subquery, cast, func, select

from functions.query.database import Database
from functions.query.listing import TICKS
from functions.query.page import Page, Wanted, position, read_page
from streams.adapters.database.tables import tick_batches
from streams.domain.tick import MAX_TS, MIN_TS

_b = tick_batches.c
# An array of bigint takes 24 bytes (21 when short) and 8 for each; a compressed one takes fewer,
# which counts too little and only opens more.
_COUNT = func.greatest(cast((func.pg_column_size(_b.ts) - 21) / 8, BigInteger), 1)
_SPARE = 64
"""Batches to look at beyond one a tick: some reach over the edge and cannot be counted."""


def read_ticks(database: Database, wanted: Wanted) -> Page:
    """A page of one symbol's ticks."""
    after = position(TICKS, wanted)
    low = MIN_TS if wanted.start is None else wanted.start
    high = MAX_TS if wanted.end is None else wanted.end - 1
    newest = wanted.order == "desc"
    if after is None:
        bound = _bound(database, wanted, low, high)
    elif newest:
        high = min(high, int(after[0]))
        bound = _bound(database, wanted, low, high - 1)
    else:
        low = max(low, int(after[0]))
        bound = _bound(database, wanted, low + 1, high)
    if bound is not None:
        low, high = (bound, high) if newest else (low, bound)
    return read_page(database, TICKS, wanted, _opened(low, high))


def _opened(low: int, high: int) -> list[ColumnElement[bool]]:
    c = TICKS.table.c
    return [c.t_last >= low, c.t_first <= high, c.ts_ms >= low, c.ts_ms <= high]


def _bound(database: Database, wanted: Wanted, low: int, high: int) -> int | None:
    """Where the fewest batches within `[low, high]` that hold more than a page end, or None."""
    c = _counted(wanted, low, high).c
    reach = select(func.min(c.ticks)).where(c.ticks > wanted.limit).scalar_subquery()
    end = func.min(c.t_first) if wanted.order == "desc" else func.max(c.t_last)
    (row,) = database.rows(select(end.label("end")).where(c.whole, c.ticks <= reach))
    found: int | None = row["end"]
    return found


def _counted(wanted: Wanted, low: int, high: int) -> Subquery:
    """Batches in order, each with the ticks of it and of those before it that lie within."""
    whole = _b.t_first >= low
    order = _b.t_last.desc() if wanted.order == "desc" else _b.t_last.asc()
    return (
        select(
            _b.t_first,
            _b.t_last,
            whole.label("whole"),
            func.sum(_COUNT).filter(whole).over(order_by=order).label("ticks"),
        )
        .where(_b.symbol == wanted.where["symbol"], _b.t_last >= low, _b.t_last <= high)
        .order_by(order)
        .limit(wanted.limit + 1 + _SPARE)
        .subquery()
    )
