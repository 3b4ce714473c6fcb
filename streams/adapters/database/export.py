"""What `tapedeck export` reads: sorted rows of one table, streamed from the server."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Select, collate, func, select
from sqlalchemy.exc import DBAPIError, ProgrammingError

from streams.adapters.database import tables
from streams.adapters.database.engine import first_line
from streams.adapters.database.export_columns import EXPORTS, Export, Kind, indicator_order
from streams.domain.errors import ConfigError, ServiceError

Rows = Sequence[Sequence[Any]]
_PORTION = 5_000


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rows: of one table, interval and symbol, of times in `[start, end)` (epoch ms UTC)."""

    table: str
    interval: str | None = None
    symbol: str | None = None
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Exported:
    """The columns, and their rows in portions; to be read while the connection is open."""

    columns: dict[str, Kind]
    portions: Iterator[Rows]


def export_of(selection: Selection) -> Export:
    """How the table is exported; raises ConfigError for an unknown one, or an option it has not."""
    export = EXPORTS.get(selection.table)
    if export is None:
        raise ConfigError(f"export: expected one of {', '.join(EXPORTS)}, was {selection.table!r}")
    for option in ("interval", "symbol"):
        if getattr(selection, option) is not None and option not in export.table.columns:
            raise ConfigError(f"export: {selection.table} has no {option}, was --{option}")
    if export.time is None and (selection.start, selection.end) != (None, None):
        raise ConfigError(f"export: {selection.table} has no time, was --from or --to")
    return export


def read_export(connection: Connection, selection: Selection) -> Exported:
    """Read the selected rows, sorted by symbol, then time; memory stays flat.

    Raises ServiceError when the tables are missing or the server goes away.
    """
    export = export_of(selection)
    try:
        if export.table is tables.indicators:
            return _indicators(connection, selection, export)
        names = list(export.columns)
        query = select(*(export.table.c[name] for name in names))
        rows = _stream(connection, _narrowed(query, selection, export).order_by(*_order(export)))
    except DBAPIError as error:
        raise _failed(error) from error
    if "raw" in export.columns:
        rows = _readable(rows, names.index("raw"))
    return Exported(export.columns, rows)


def open_snapshot(engine: Engine) -> Connection:
    """A connection whose queries all see the same moment."""
    try:
        return engine.connect().execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
    except DBAPIError as error:
        raise _failed(error) from error


def _indicators(connection: Connection, selection: Selection, export: Export) -> Exported:
    values = export.table.c["values"]
    keys = select(func.jsonb_object_keys(values).label("name")).select_from(export.table).distinct()
    found = connection.scalars(_narrowed(keys, selection, export))
    names = sorted(found, key=indicator_order)
    fixed = list(export.columns)[:-1]
    query = select(*(export.table.c[name] for name in fixed), values, export.table.c.warm)
    rows = _stream(connection, _narrowed(query, selection, export).order_by(*_order(export)))
    columns: dict[str, Kind] = {name: export.columns[name] for name in fixed}
    columns |= dict.fromkeys(names, "float")
    return Exported(columns | {"warm": "bool"}, _spread(rows, names))


def _spread(portions: Iterator[Rows], names: Sequence[str]) -> Iterator[Rows]:
    """The JSON of each row as a column per name; None while an indicator warms up."""
    for portion in portions:
        yield [
            [
                *row[:-2],
                *(None if (v := row[-2].get(n)) is None else float(v) for n in names),
                row[-1],
            ]
            for row in portion
        ]


def _readable(portions: Iterator[Rows], at: int) -> Iterator[Rows]:
    """Raw bytes as text; what is no UTF-8 is escaped."""
    for portion in portions:
        yield [
            [*row[:at], bytes(row[at]).decode("utf-8", "backslashreplace"), *row[at + 1 :]]
            for row in portion
        ]


def _narrowed(query: Select[Any], wanted: Selection, export: Export) -> Select[Any]:
    columns = export.table.c
    conditions: list[ColumnElement[bool]] = []
    if wanted.interval is not None:
        conditions.append(columns.interval == wanted.interval)
    if wanted.symbol is not None:
        conditions.append(columns.symbol == wanted.symbol)
    if export.time is not None:
        time = columns[export.time]
        conditions += [time >= wanted.start] if wanted.start is not None else []
        conditions += [time < wanted.end] if wanted.end is not None else []
    if "t_first" in columns:  # whole rows of the table behind the view are skipped by these
        if wanted.start is not None:
            conditions.append(columns.t_last >= wanted.start)
        if wanted.end is not None:
            conditions.append(columns.t_first < wanted.end)
    return query.where(*conditions)


def _order(export: Export) -> list[ColumnElement[Any]]:
    """Text by code point, so that every server sorts alike."""
    columns = [export.table.c[name] for name in export.order]
    return [collate(c, "C") if c.type.python_type is str else c for c in columns]


def _stream(connection: Connection, query: Select[Any]) -> Iterator[Rows]:
    """The query runs now, so that its errors come before the first byte is written."""
    options = {"stream_results": True, "yield_per": _PORTION}
    result = connection.execute(query, execution_options=options)

    def portions() -> Iterator[Rows]:
        try:
            yield from result.partitions()
        except DBAPIError as error:
            raise _failed(error) from error

    return portions()


def _failed(error: DBAPIError) -> ServiceError:
    hint = ": run `tapedeck db upgrade`" if isinstance(error, ProgrammingError) else ""
    return ServiceError(f"export: PostgreSQL refused: {first_line(error)}{hint}")
