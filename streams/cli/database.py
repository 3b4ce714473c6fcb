"""`tapedeck export`, `tapedeck db` and `tapedeck dead-letters`: what is stored."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from streams.cli import dead_letters
from streams.domain.errors import ConfigError, ServiceError

if TYPE_CHECKING:
    from streams.adapters.database.export import Rows, Selection

_TABLES = (
    "ticks, bars, indicators, signals, anomalies, predictions, context, notifications, dead_letters"
)
_SUFFIXES = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}

_Interval = Annotated[str | None, typer.Option(help="Only this interval, such as 5m.")]
_Symbol = Annotated[str | None, typer.Option(help="Only this symbol.")]
_From = Annotated[
    str | None, typer.Option("--from", metavar="TIME", help="From this time on (ISO-8601).")
]
_To = Annotated[str | None, typer.Option(metavar="TIME", help="Before this time.")]
_Format = Annotated[
    str | None,
    typer.Option("--format", help="csv, parquet or jsonl (default: by FILE's name, else csv)."),
]
_Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Default: standard output.")
]

db = typer.Typer(no_args_is_help=True, help="The tables of PostgreSQL.")


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(export)
    app.add_typer(db, name="db")
    app.add_typer(dead_letters.app, name="dead-letters")


def export(  # noqa: PLR0913  # options of a command
    table: Annotated[str, typer.Argument(help=f"One of: {_TABLES}.", metavar="TABLE")],
    interval: _Interval = None,
    symbol: _Symbol = None,
    from_: _From = None,
    to: _To = None,
    format_: _Format = None,
    output: _Output = None,
) -> None:
    """Write a table, sorted by symbol, then time. Times are UTC; --from is within, --to is not.

    Example: `tapedeck export bars --interval 5m --symbol AAPL -o bars.parquet`
    """
    from streams.adapters.database.export import Selection, export_of
    from streams.adapters.settings import load_settings
    from streams.cli.database_url import database_url
    from streams.domain.interval import interval_ms, interval_name

    name = interval_name(interval_ms(interval)) if interval is not None else None
    wanted = Selection(table, name, symbol, _moment("--from", from_), _moment("--to", to))
    export_of(wanted)
    kind = _format(format_, output)
    count = _write(database_url(load_settings()), wanted, kind, output)
    if count == 0:
        _note(f"{table}: no rows" + (" there" if wanted != Selection(table) else " stored yet"))
    elif output is not None:
        _note(f"{table}: {count} rows to {output}")


def _format(name: str | None, output: Path | None) -> str:
    from streams.adapters.database.export_files import FORMATS

    kind = name or (_SUFFIXES.get(output.suffix.lower(), "csv") if output else "csv")
    if kind not in FORMATS:
        raise ConfigError(f"--format: expected {', '.join(FORMATS)}, was {kind!r}")
    if kind == "parquet" and output is None and sys.stdout.isatty():
        raise ConfigError("--format parquet: expected -o FILE or a pipe, was a terminal")
    return kind


def _moment(option: str, text: str | None) -> int | None:
    """Epoch ms of an ISO-8601 time (UTC unless it says otherwise) or of epoch ms as digits."""
    from datetime import UTC, datetime

    if text is None:
        return None
    if text.lstrip("-").isdecimal():
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(
            f"{option}: expected ISO-8601 such as 2021-11-08T09:00 or epoch ms, was {text!r}"
        ) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1_000)


def _write(url: str, wanted: "Selection", kind: str, output: Path | None) -> int:
    """Export to a file or to stdout; returns the rows."""
    from streams.adapters.database import connect_engine, wait_for_server
    from streams.adapters.database.export import open_snapshot, read_export
    from streams.adapters.database.export_files import FORMATS

    engine = connect_engine(url)
    try:
        wait_for_server(engine, 10)
        with open_snapshot(engine) as connection:
            exported = read_export(connection, wanted)
            shown = replace(exported, portions=_progress(exported.portions, output))
            with _opened(output) as out:
                return FORMATS[kind](out, shown)
    finally:
        engine.dispose()


def _progress(portions: "Iterator[Rows]", output: Path | None) -> "Iterator[Rows]":
    """The same, with the rows so far on standard error where a person looks at nothing else."""
    console = Console(stderr=True)
    if not console.is_terminal or (output is None and sys.stdout.isatty()):
        yield from portions
        return
    count = 0
    with console.status("sorting on the server") as line:
        for portion in portions:
            count += len(portion)
            line.update(f"{count:,} rows")
            yield portion


@contextmanager
def _opened(output: Path | None) -> Iterator[IO[bytes]]:
    """The file, there only when it is whole, or stdout until its reader has enough."""
    if output is None:
        try:
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit from None
        return
    part = output.with_name(f"{output.name}.part")
    try:
        with part.open("wb") as out:
            yield out
        part.replace(output)
    except OSError as error:
        raise ServiceError(f"export: cannot write {output}: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)


def _note(text: str) -> None:
    Console(stderr=True).print(text, markup=False, highlight=False, soft_wrap=True)


_Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]


@db.command("upgrade")
def upgrade_tables(json: _Json = False) -> None:
    """Bring the tables to the newest revision; does nothing when they are.

    Example: `tapedeck db upgrade`
    """
    from streams.adapters.database import upgrade
    from streams.adapters.settings import load_settings
    from streams.cli.database_url import database_url

    revision = upgrade(database_url(load_settings()))
    _report({"revision": revision}, f"tables are at revision {revision}", json)


@db.command()
def status(json: _Json = False) -> None:
    """Say which revision the tables have; exit 1 when it is not the newest.

    Example: `tapedeck db status`
    """
    from streams.adapters.database import current_revision, head_revision
    from streams.adapters.settings import load_settings
    from streams.cli.database_url import database_url

    now, head = current_revision(database_url(load_settings())), head_revision()
    words = "up to date" if now == head else f"expected {head}: run `tapedeck db upgrade`"
    _report(
        {"revision": now, "head": head, "current": now == head},
        f"tables are at revision {now or 'none'}, {words}",
        json,
    )
    if now != head:
        raise typer.Exit(1)


def _report(values: dict[str, object], text: str, as_json: bool) -> None:
    import json

    typer.echo(json.dumps(values) if as_json else text)
