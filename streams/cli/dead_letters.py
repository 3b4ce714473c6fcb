"""`tapedeck dead-letters`: what was not accepted, why, and where from."""

import json as jsons
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from streams.domain.errors import ConfigError

if TYPE_CHECKING:
    from sqlalchemy import Engine

app = typer.Typer(no_args_is_help=True, help="What was not accepted, why, and where from.")

_Origin = Annotated[
    str | None, typer.Option(help="Only what this process rejected, such as replay.")
]
_Reason = Annotated[str | None, typer.Option(help="Only this reason, such as bad_price.")]
_Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]


@app.command("list")
def list_them(
    origin: _Origin = None,
    reason: _Reason = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 20,
    json: _Json = False,
) -> None:
    """Count the dead letters by reason and list the newest.

    Example: [bold]tapedeck dead-letters list --reason bad_price[/bold]
    """
    from streams.adapters.database.letters import count_letters, list_letters

    with _engine() as engine:
        counts = count_letters(engine)
        letters = list_letters(engine, origin=origin, reason=reason, limit=limit)
    if json:
        typer.echo(jsons.dumps({"counts": counts, "letters": letters}))
        return
    console = Console()
    if not counts:
        console.print("no dead letters")
        return
    _print_table(console, ("count", "origin", "reason"), counts)
    rows = [{**letter, "seen": _iso(letter["seen_ms"])} for letter in letters]
    _print_table(console, ("seen", "reason", "source", "position", "detail", "id"), rows)


@app.command()
def show(
    letter_id: Annotated[str, typer.Argument(metavar="ID", help="As `list` prints it.")],
    raw: Annotated[bool, typer.Option("--raw", help="Only the bytes, as they came.")] = False,
    json: _Json = False,
) -> None:
    """Show one dead letter whole.

    Example: [bold]tapedeck dead-letters show ID --raw > rejected.json[/bold]
    """
    from streams.adapters.database.letters import find_letter

    with _engine() as engine:
        letter = find_letter(engine, letter_id)
    if letter is None:
        raise ConfigError(f"dead-letters: expected an id that `list` prints, was {letter_id!r}")
    if raw:
        sys.stdout.buffer.write(letter["raw"])
        return
    text = letter["raw"].decode("utf-8", "backslashreplace")
    if json:
        typer.echo(jsons.dumps(letter | {"raw": text}))
        return
    for name in ("id", "origin", "reason", "detail", "source", "position"):
        typer.echo(f"{name + ':':<10}{letter[name]}")
    typer.echo(f"{'seen:':<10}{_iso(letter['seen_ms'])}\n\n{text}")


def _print_table(console: Console, names: tuple[str, ...], rows: list[dict[str, Any]]) -> None:
    if not console.is_terminal:
        for row in rows:
            typer.echo("\t".join(str(row[name]) for name in names))
        return
    table = Table(*names)
    for row in rows:
        table.add_row(*(Text(str(row[name])) for name in names))
    console.print(table)


def _iso(time: int) -> str:
    return datetime.fromtimestamp(time / 1_000, UTC).isoformat(timespec="seconds")


@contextmanager
def _engine() -> Iterator["Engine"]:
    from streams.adapters.database import connect_engine, wait_for_server
    from streams.adapters.settings import load_settings
    from streams.cli.database_url import database_url

    engine = connect_engine(database_url(load_settings()))
    try:
        wait_for_server(engine, 10)
        yield engine
    finally:
        engine.dispose()
