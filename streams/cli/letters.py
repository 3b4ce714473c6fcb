"""What the commands about dead letters share: the database, and how they print."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from sqlalchemy import Engine


@contextmanager
def open_engine() -> Iterator["Engine"]:
    """An engine of the database that the settings name, once it answers."""
    from streams.adapters.database import connect_engine, wait_for_server
    from streams.adapters.settings import load_settings
    from streams.cli.database_url import database_url

    engine = connect_engine(database_url(load_settings()))
    try:
        wait_for_server(engine, 10)
        yield engine
    finally:
        engine.dispose()


def print_table(names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """A table on a terminal; elsewhere lines with tabs, one per row whatever the values hold."""
    console = Console()
    if not console.is_terminal:
        for row in rows:
            typer.echo("\t".join(" ".join(str(row[name]).split()) for name in names))
        return
    table = Table(*names)
    for row in rows:
        table.add_row(*(Text(str(row[name])) for name in names))
    console.print(table)
