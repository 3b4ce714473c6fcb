"""`tapedeck dead-letters replay`: undelivered events, back to where they failed."""

import json as jsons
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import track

from streams.cli.letters import open_engine, print_table
from streams.domain.errors import ConfigError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from streams.adapters.database.undelivered import Chosen
    from streams.adapters.resend import Sent

_FINE = frozenset({"replayed", "taken"})


def replay(  # noqa: PLR0913  # options of a command
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="As `list` prints them.")
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Every undelivered event.")] = False,
    destination: Annotated[
        str | None, typer.Option(help="Of all: with this in the destination, such as notify.")
    ] = None,
    code: Annotated[str | None, typer.Option(help="Of all: with this code, such as 503.")] = None,
    type_: Annotated[
        str | None, typer.Option("--type", help="Of all: events of this CloudEvents type.")
    ] = None,
    to: Annotated[
        str | None, typer.Option(metavar="URL", help="Send there instead of where they failed.")
    ] = None,
    seconds: Annotated[
        float, typer.Option(min=1, max=300, help="How long one event is tried.")
    ] = 20.0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would go where.")] = (
        False
    ),
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Send undelivered events to where they failed, once, with their own id and source.

    In the order in which they failed. One that is accepted is marked and never sent again; one that
    is not keeps its place, with what was said. When a destination does not answer, the rest of its
    events are left for the next time. Rejected input cannot be sent again as it is: mend it first
    (`show ID --raw`).

    Example: `tapedeck dead-letters replay --all --destination notify --dry-run`
    """
    from streams.adapters.database.undelivered import Chosen

    chosen = Chosen(destination, code, type_)
    _check_use(ids or [], chosen, all_=all_)
    with open_engine() as engine:
        wanted = _wanted(engine, ids or [], chosen)
        if dry_run:
            _tell_plan(engine, wanted, _where(to), as_json=json)
            return
        _tell_outcome(list(_sent(engine, wanted, _where(to), seconds)), as_json=json)


def _check_use(ids: Sequence[str], chosen: "Chosen", *, all_: bool) -> None:
    if bool(ids) == all_:
        raise ConfigError(
            f"dead-letters replay: expected ids or --all, was {'both' if ids else 'neither'}"
        )
    if ids and chosen.conditions():
        raise ConfigError("dead-letters replay: --destination, --code and --type go with --all")


def _wanted(engine: "Engine", ids: Sequence[str], chosen: "Chosen") -> list[str]:
    """Ids to send, the oldest failure first; raises ConfigError for one that cannot be."""
    from streams.adapters.database.letters import find_letter, replayable_ids

    if not ids:
        return replayable_ids(engine, chosen)
    for each in dict.fromkeys(ids):
        letter = find_letter(engine, each)
        if letter is None:
            raise ConfigError(f"dead-letters: expected an id that `list` prints, was {each!r}")
        if letter["kind"] != "event":
            raise ConfigError(
                f"dead-letters replay: expected an undelivered event, {each!r} is rejected input: "
                f"it would be rejected again. Mend what `tapedeck dead-letters show {each} --raw` "
                "prints and `tapedeck replay` that"
            )
        if letter["status"] == "replayed":
            typer.echo(f"{each}: replayed already, not sent again", err=True)
    asked = set(ids)
    return [each for each in replayable_ids(engine, chosen) if each in asked]


def _where(to: str | None) -> Callable[[str], str]:
    from streams.adapters.local_functions import local_functions
    from streams.adapters.resend import destination_url
    from streams.adapters.settings import load_settings
    from streams.apps.serve.ports import function_ports

    settings = load_settings()
    noted = local_functions(settings.home)
    ports = function_ports(settings.function_ports)

    def function_url(name: str) -> str | None:
        if noted is not None and name in noted.functions:
            return noted.functions[name]
        return f"http://127.0.0.1:{port}" if (port := ports.get(name)) else None

    if to is not None:
        fixed = destination_url(to, function_url)
        return lambda _: fixed
    return lambda destination: destination_url(destination, function_url)


def _sent(
    engine: "Engine", ids: Sequence[str], where: Callable[[str], str], seconds: float
) -> Iterable["Sent"]:
    from streams.adapters.resend import Resender

    sending = Resender(engine, where, seconds).send(ids)
    console = Console(stderr=True)
    if not console.is_terminal or len(ids) < 2:
        return sending
    return track(sending, "replaying", total=len(ids), console=console, transient=True)


def _tell_outcome(sent: Sequence["Sent"], *, as_json: bool) -> None:
    counts = Counter(each.outcome.value for each in sent)
    if as_json:
        typer.echo(jsons.dumps({"counts": counts, "events": [asdict(each) for each in sent]}))
    elif not sent:
        typer.echo("nothing to replay")
    else:
        failed = [asdict(each) for each in sent if each.outcome not in _FINE]
        if failed:
            print_table(("id", "event_id", "outcome", "destination", "detail"), failed)
        typer.echo(", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items())))
    if set(counts) - _FINE:
        raise typer.Exit(1)


def _tell_plan(
    engine: "Engine", ids: Sequence[str], where: Callable[[str], str], *, as_json: bool
) -> None:
    plan = list(_plan(engine, ids, where))
    if as_json:
        typer.echo(jsons.dumps({"events": plan}))
        return
    if plan:
        print_table(("id", "event_id", "event_type", "code", "to"), plan)
    typer.echo(f"{len(plan)} would be replayed" if plan else "nothing to replay")


def _plan(
    engine: "Engine", ids: Sequence[str], where: Callable[[str], str]
) -> Iterator[dict[str, Any]]:
    from streams.adapters.database.letters import Wanted, list_letters

    rows = {row["id"]: row for row in list_letters(engine, Wanted("event"), limit=None)}
    for row in (rows[each] for each in ids if each in rows):
        try:
            to = where(row["destination"])
        except ConfigError as error:
            to = str(error)
        yield {name: row[name] for name in ("id", "event_id", "event_type", "code")} | {"to": to}
