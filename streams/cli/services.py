"""`tapedeck services`: Kafka, PostgreSQL and Redis from wheels, on this machine only."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from streams.domain.errors import ServiceError

if TYPE_CHECKING:
    from types import ModuleType

    from streams.adapters.services import ServiceStatus

app = typer.Typer(
    no_args_is_help=True,
    help="Kafka, PostgreSQL and Redis from wheels, under $TAPEDECK_HOME, on 127.0.0.1 only.",
)

Json = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]
_COLOURS = {"running": "green", "external": "cyan", "stopped": "yellow", "unavailable": "dim"}


def register(parent: typer.Typer) -> None:
    """Add the commands to the application."""
    parent.add_typer(app, name="services")


def embedded() -> ModuleType:
    """The package that starts services; raises ServiceError naming the extra that it needs."""
    try:
        from streams.adapters import services
    except ModuleNotFoundError as error:
        raise ServiceError(
            f"services: expected the package {error.name}, was not installed: "
            "pip install 'tapedeck[embedded]'"
        ) from error
    return services


@app.command()
def up(
    only: Annotated[
        list[str] | None,
        typer.Option(help="Only this one: kafka, postgres or redis; may be given again."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Start what does not run yet and wait until it answers; those that the settings name are
    checked only. They go on when this command has ended.

    Example: `tapedeck services up`
    """
    from streams.adapters.settings import load_settings

    services, settings = embedded(), load_settings()
    console = Console(stderr=True)

    def say(_name: str, text: str) -> None:
        console.print(text, markup=False, highlight=False)

    services.up(settings, say, only=set(only) if only else None)
    show(services.status(settings), as_json=as_json)


@app.command()
def down(as_json: Json = False) -> None:
    """Stop the services of this $TAPEDECK_HOME; data, logs and ports are kept.

    Example: `tapedeck services down`
    """
    from streams.adapters.settings import load_settings

    stopped = embedded().down(load_settings())
    if as_json:
        typer.echo(json.dumps({"stopped": stopped}))
    else:
        typer.echo(f"stopped {', '.join(stopped)}" if stopped else "no service was running")


@app.command()
def status(as_json: Json = False) -> None:
    """Show what runs, where, and whether it answers.

    Example: `tapedeck services status --json`
    """
    from streams.adapters.settings import load_settings

    show(embedded().status(load_settings()), as_json=as_json)


def show(found: list[ServiceStatus], *, as_json: bool) -> None:
    """Print the services as a table or as JSON."""
    if as_json:
        typer.echo(json.dumps({"services": [asdict(each) for each in found]}))
    else:
        Console(soft_wrap=True).print(services_table(found))


def services_table(found: list[ServiceStatus]) -> Table:
    """One row per service."""
    table = Table("service", "state", "pid", "address", "", box=None, pad_edge=False)
    for each in found:
        colour = _COLOURS[each.state] if each.answers or each.pid is None else "red"
        table.add_row(
            each.name,
            f"[{colour}]{each.state}[/]",
            str(each.pid or ""),
            each.address or "",
            each.detail,
        )
    return table
