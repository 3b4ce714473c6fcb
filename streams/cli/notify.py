"""`tapedeck notify`: do the ways to people work?"""

import json
import logging
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from streams.domain.errors import ConfigError

if TYPE_CHECKING:
    from functions.notify.trial import Trial

notify = typer.Typer(no_args_is_help=True, help="Notifications.")


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(notify, name="notify")


@notify.callback()
def _root() -> None:
    """Notifications."""


@notify.command("test", epilog="Example: tapedeck notify test --channel slack --channel email")
def send_test(
    channel: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CHANNEL",
            help="Only this one, in use or not; repeat for several (default: all of "
            "TAPEDECK_NOTIFY_CHANNELS).",
        ),
    ] = None,
    symbol: Annotated[str, typer.Option(help="The symbol that it is about.")] = "TEST",
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object; the console channel is on stderr.")
    ] = False,
) -> None:
    """Send a notification marked as a test through each channel, and say what became of it.

    Nothing is stored, and routes, digests and quiet hours do not count; templates do. Exit 1 when
    a channel failed.
    """
    trials = _trials(channel or [], symbol, as_json)
    if as_json:
        typer.echo(json.dumps({"channels": [asdict(trial) for trial in trials]}))
    else:
        _show(trials)
    if any(trial.status != "delivered" for trial in trials):
        raise typer.Exit(1)


def _trials(names: list[str], symbol: str, as_json: bool) -> "list[Trial]":
    from streams.adapters.settings import load_settings

    try:
        from functions.notify.trial import try_channels
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"notify: expected the module {error.name}; pip install 'tapedeck[functions]'"
        ) from error
    settings = load_settings()
    logging.basicConfig(level=logging.ERROR, format="%(levelname)s %(name)s %(message)s")
    return try_channels(settings, names, symbol, quiet_console=as_json)


def _show(trials: "list[Trial]") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    if not trials:
        typer.echo("no channels: TAPEDECK_NOTIFY_CHANNELS names none")
        return
    table = Table("channel", "status", "ms", "error")
    for trial in trials:
        style = "green" if trial.status == "delivered" else "red"
        status = Text(trial.status, style)
        table.add_row(trial.channel, status, str(trial.milliseconds), Text(trial.error or ""))
    Console().print(table)
