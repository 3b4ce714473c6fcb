"""`tapedeck demo` and `tapedeck seed`: everything on this machine, fed by files."""

import json
import sys
from typing import Annotated, Any

import typer
from rich.console import Console

from streams.cli.logs import configure
from streams.cli.replay import Json
from streams.cli.replay_progress import progress_reporter, show_summary
from streams.cli.tape_options import TapeOptions, takes_a_tape

_EXAMPLES = """
Examples:

  tapedeck demo

  tapedeck demo --speed 60 trades.csv.gz

  tapedeck demo --exit --no-panel --json trades.csv.gz
"""
Files = Annotated[
    list[str] | None,
    typer.Argument(help="Files to replay; the shipped sample tape when none is named."),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("demo", epilog=_EXAMPLES)(takes_a_tape(_demo))
    app.command("seed", epilog="Example: tapedeck seed monday.csv tuesday.csv")(_seed)


def _demo(  # noqa: PLR0913  # one parameter an option: the command line is the interface
    files: Files = None,
    exit_: Annotated[
        bool,
        typer.Option(
            "--exit", help="Stop when all that the replay caused is stored and delivered."
        ),
    ] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Go on with the data of the embedded services.")
    ] = False,
    panel: Annotated[bool, typer.Option("--panel/--no-panel", help="Start the dashboard.")] = True,
    predict: Annotated[
        bool,
        typer.Option(
            "--predict/--no-predict",
            help="Run the models too: trained in the background, used from then on.",
        ),
    ] = False,
    port: Annotated[
        int, typer.Option(min=1, max=65_535, help="The dashboard's port; a free one if taken.")
    ] = 5006,
    *,
    tape: TapeOptions,
    json_: Json = False,
) -> None:
    """Everything there is, on this machine, fed by a replay. Ctrl-C stops it all.

    Kafka, PostgreSQL and Redis start from wheels unless the settings name real ones; then the
    pipelines, the functions and the dashboard. What dies is started again. It begins with clean
    embedded services unless --keep; external ones are never emptied.
    """
    from streams.adapters.settings import load_settings
    from streams.apps.demo.run import DemoOptions, demo
    from streams.sample.tape import sample_tape

    settings = load_settings()
    configure("WARNING")
    request = tape.request(files or [str(sample_tape())])
    with progress_reporter() as report:
        summary = demo(settings, request, DemoOptions(exit_, keep, panel, port, predict), report)
    _finish(summary, json_)


def _finish(summary: dict[str, Any] | None, as_json: bool) -> None:
    if summary is None:
        Console(stderr=True).print("Stopped before the end of the replay.")
        raise typer.Exit(130)
    if as_json:
        sys.stdout.write(json.dumps(summary) + "\n")
    else:
        show_summary(summary, dry_run=False)


def _seed(files: Files = None, json_: Json = False) -> None:
    """Fill a fresh installation: topics, tables, then a replay of files."""
    from streams.adapters.database import upgrade
    from streams.adapters.endpoints import database_address, kafka_address
    from streams.adapters.settings import load_settings
    from streams.adapters.topics import Topics, create_topics
    from streams.apps.replay.run import replay
    from streams.sample.tape import sample_tape

    settings = load_settings()
    configure("WARNING")
    create_topics(kafka_address(settings), Topics(settings.topic_prefix), settings.partitions)
    upgrade(database_address(settings))
    request = TapeOptions().request(files or [str(sample_tape())])
    with progress_reporter() as report:
        _finish(replay(settings, request, report).summary(), json_)
