"""What can be listed: where the rows are, which columns go out, and what sorts them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import FromClause, RowMapping, Table

from streams.adapters.database import tables
from streams.adapters.database.export_columns import EXPORTS, indicator_order

Item = dict[str, Any]
Rows = tuple[list[str], list[list[Any]]]


@dataclass(frozen=True, slots=True)
class Listing:
    """A table as the API shows it; `key` sorts it and is unique within what is asked for."""

    name: str
    table: FromClause
    columns: tuple[str, ...]
    key: tuple[str, ...]
    tabular: Callable[[Sequence[Item]], Rows] | None = None
    """Its rows as CSV; None: the columns as they are."""

    def key_kinds(self) -> list[type]:
        """int, str or bool, for each column of the key."""
        return [self.table.c[name].type.python_type for name in self.key]

    def key_of(self, row: RowMapping) -> list[int | str | bool]:
        return [row[name] for name in self.key]


def as_table(listing: Listing, items: Sequence[Item]) -> Rows:
    """A header and rows, with the columns of `tapedeck export`."""
    if listing.tabular is not None:
        return listing.tabular(items)
    return list(listing.columns), [list(item.values()) for item in items]


def _exported(name: str, key: tuple[str, ...]) -> Listing:
    export = EXPORTS[name]
    return Listing(name, export.table, tuple(export.columns), key)


def _whole(table: Table, key: tuple[str, ...]) -> Listing:
    return Listing(table.name, table, tuple(column.name for column in table.columns), key)


def _indicator_table(items: Sequence[Item]) -> Rows:
    """One column per indicator that a row of the page has; empty while it warms up."""
    names = sorted({name for item in items for name in item["values"]}, key=indicator_order)
    fixed = ["symbol", "interval", "start_ms", "close"]
    rows = [
        [*(item[n] for n in fixed), *(item["values"].get(n) for n in names), item["warm"]]
        for item in items
    ]
    return [*fixed, *names, "warm"], rows


TICKS = _exported("ticks", ("ts_ms", "source", "first", "seq"))
BARS = _exported("bars", ("start_ms",))
SIGNALS = _exported("signals", ("time_ms", "id"))
INDICATORS = replace(_whole(tables.indicators, ("start_ms",)), tabular=_indicator_table)
CONTEXT = _exported("context", ("time_ms", "id"))
SUMMARIES = Listing(
    "summaries", tables.day_summaries, tuple(EXPORTS["summaries"].columns), ("day_ms",)
)
SCORECARDS = Listing(
    "scorecards",
    tables.scorecards,
    (*EXPORTS["scorecards"].columns, "warm"),
    ("symbol", "rule", "interval", "horizon", "warm"),
)


ANOMALIES = _exported("anomalies", ("time_ms", "id"))
PREDICTIONS = _exported("predictions", ("start_ms", "interval", "model", "horizon"))
