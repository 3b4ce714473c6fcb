"""`tapedeck dead-letters`: what was not accepted or not delivered, why, and where from."""

import json as jsons
import sys
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import typer

from streams.cli.dead_letters_replay import replay
from streams.cli.letters import open_engine, print_table
from streams.domain.errors import ConfigError

app = typer.Typer(
    no_args_is_help=True,
    help="What was not accepted (input) or not delivered (events): why, where, and once more.",
)
app.command()(replay)


class Kind(StrEnum):
    INPUT = "input"
    EVENT = "event"


_LISTED = ("seen", "kind", "reason", "status", "source", "position", "detail", "id")

_Origin = Annotated[
    str | None,
    typer.Option(help="Only what this process rejected, such as replay; of events: part of the "
                      "destination, such as notify."),
]  # fmt: skip
_Reason = Annotated[
    str | None, typer.Option(help="Only this reason, such as bad_price; of events: the code.")
]
_Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]


@app.command("list")
def list_them(
    kind: Annotated[
        Kind | None, typer.Option(help="Only rejected input, or only undelivered events.")
    ] = None,
    origin: _Origin = None,
    reason: _Reason = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 20,
    json: _Json = False,
) -> None:
    """Count the dead letters by reason and list the newest.

    Example: `tapedeck dead-letters list --reason bad_price`
    """
    from streams.adapters.database.letters import Wanted, count_letters, list_letters

    wanted = Wanted(kind.value if kind else None, origin, reason)
    with open_engine() as engine:
        counts = count_letters(engine, wanted)
        letters = list_letters(engine, wanted, limit)
    if json:
        typer.echo(jsons.dumps({"counts": counts, "letters": letters}))
        return
    if not counts:
        typer.echo("no dead letters")
        return
    print_table(("count", "kind", "origin", "reason", "status"), counts)
    rows = [{**letter, "seen": _iso(letter["seen_ms"])} for letter in letters]
    print_table(_LISTED, rows)


@app.command()
def show(
    letter_id: Annotated[str, typer.Argument(metavar="ID", help="As `list` prints it.")],
    raw: Annotated[bool, typer.Option("--raw", help="Only the bytes, as they came.")] = False,
    json: _Json = False,
) -> None:
    """Show one dead letter whole, of an event with what its destination said.

    Example: `tapedeck dead-letters show ID --raw > rejected.json`
    """
    from streams.adapters.database.letters import find_letter

    with open_engine() as engine:
        letter = find_letter(engine, letter_id)
    if letter is None:
        raise ConfigError(f"dead-letters: expected an id that `list` prints, was {letter_id!r}")
    content = "raw" if letter["kind"] == Kind.INPUT else "data"
    if raw:
        sys.stdout.buffer.write(letter[content])
        return
    letter[content] = letter[content].decode("utf-8", "backslashreplace")
    if json:
        typer.echo(jsons.dumps(letter))
    elif letter["kind"] == Kind.INPUT:
        _print_fields(letter, ("id", "origin", "reason", "detail", "source", "position"))
        typer.echo(f"{'seen:':<14}{_iso(letter['seen_ms'])}\n\n{letter['raw']}")
    else:
        _show_event(letter)


def _show_event(letter: dict[str, Any]) -> None:
    _print_fields(letter, ("id", "destination", "code", "error", "status", "arrivals", "attempts"))
    for name in ("first_ms", "last_ms", "replayed_ms"):
        if letter[name] is not None:
            typer.echo(f"{name.removesuffix('_ms') + ':':<14}{_iso(letter[name])}")
    if letter["replay_error"]:
        _print_fields(letter, ("replay_error",))
    typer.echo("")
    for name, value in sorted((letter["attributes"] | letter["trace"]).items()):
        typer.echo(f"{name + ':':<18}{value}")
    typer.echo(f"\n{letter['data']}")


def _print_fields(letter: dict[str, Any], names: tuple[str, ...]) -> None:
    for name in names:
        typer.echo(f"{name + ':':<14}{letter[name]}")


def _iso(time: int) -> str:
    return datetime.fromtimestamp(time / 1_000, UTC).isoformat(timespec="seconds")
