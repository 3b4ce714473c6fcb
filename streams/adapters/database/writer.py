"""Writes rows: COPY into a staging table of the session, then one upsert per table.

All rows of one call are stored in one transaction, or none is. Writing the same rows again, in
any portions, changes nothing.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import psycopg2
from sqlalchemy import Engine, Table
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from streams.adapters.database import tables
from streams.adapters.database.binary_copy import CopyStream
from streams.adapters.database.partitions import Partitions
from streams.adapters.database.rows import Key, Row

# In this order in every writer, and sorted by key within each: no two lock each other out.
_TABLES = {
    table.name: table
    for table in (
        tables.tick_batches,
        tables.bars,
        tables.indicators,
        tables.signals,
        tables.anomalies,
        tables.predictions,
        tables.context,
        tables.dead_letters,
    )
}
_FIRST_WINS = frozenset({"dead_letters"})

OUTAGE = (OperationalError, InterfaceError, psycopg2.OperationalError, psycopg2.InterfaceError)
"""What a server that is away, restarting, full or in a deadlock raises: try again later."""


class Batch:
    """Rows collected for one transaction, each key once."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[Key, Row]] = {name: {} for name in _TABLES}

    def add(self, row: Row) -> None:
        """The last row of a key wins; of a dead letter the first."""
        of_table = self._rows[row.table]
        if row.table not in _FIRST_WINS or row.key not in of_table:
            of_table[row.key] = row

    def clear(self) -> None:
        for of_table in self._rows.values():
            of_table.clear()

    def __bool__(self) -> bool:
        return any(self._rows.values())

    def rows(self) -> Mapping[str, Mapping[Key, Row]]:
        """By table, then by key."""
        return self._rows

    def counts(self) -> dict[str, int]:
        return {name: len(of_table) for name, of_table in self._rows.items() if of_table}


class Writer:
    """One session that writes batches."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._partitions = Partitions(engine)

    def write(self, batch: Batch) -> None:
        """Store the batch in one transaction; raises one of OUTAGE when it cannot now."""
        try:
            self._write(batch)
        except (DBAPIError, psycopg2.Error):
            self._partitions.forget()
            self._engine.dispose()
            raise

    def _write(self, batch: Batch) -> None:
        rows = batch.rows()
        self._partitions.ensure(row.time for row in rows["tick_batches"].values())
        with self._engine.begin() as connection:
            cursor = connection.connection.cursor()
            for name, table in _TABLES.items():
                if rows[name]:
                    _upsert(cursor, table, rows[name].values())


def _upsert(cursor: Any, table: Table, rows: Iterable[Row]) -> None:
    staging = f"staging_{table.name}"
    names = ", ".join(_quoted(column.name) for column in table.columns)
    keys = ", ".join(_quoted(column.name) for column in table.primary_key)
    cursor.execute(
        f"CREATE TEMP TABLE IF NOT EXISTS {staging} (LIKE {table.name} INCLUDING STORAGE) "
        "ON COMMIT DELETE ROWS"
    )
    copies = CopyStream(row.copy for row in rows)
    cursor.copy_expert(f"COPY {staging} ({names}) FROM STDIN (FORMAT binary)", copies)
    cursor.execute(
        f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {staging} ORDER BY {keys} "  # noqa: S608
        f"ON CONFLICT ({keys}) {_on_conflict(table)}"
    )


def _on_conflict(table: Table) -> str:
    if table.name in _FIRST_WINS:
        return "DO NOTHING"
    others = [_quoted(c.name) for c in table.columns if not c.primary_key]
    return f"DO UPDATE SET {', '.join(f'{name} = EXCLUDED.{name}' for name in others)}"


def _quoted(name: str) -> str:
    return f'"{name}"'
