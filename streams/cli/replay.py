"""`tapedeck replay`: files to the `ticks` topic."""

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.cli.replay_progress import progress_reporter, show_summary
from streams.cli.tape_options import TapeOptions, takes_a_tape
from streams.domain.errors import ConfigError

if TYPE_CHECKING:
    from streams.adapters.settings import Settings
    from streams.apps.replay.request import ReplayRequest, ReplayResult

_EXAMPLES = """
Examples:

  tapedeck replay trades.csv.gz

  tapedeck replay --speed 60 monday.csv tuesday.csv

  tapedeck replay --symbol EURUSD --tz Europe/Berlin quotes.csv

  zcat big.csv.gz | tapedeck replay --dry-run --json -
"""
Files = Annotated[
    list[str],
    typer.Argument(
        help="CSV (plain, .gz, .zst, .zip) or Parquet files; - is standard input. "
        "Files named together are one tape, merged by event time.",
        show_default=False,
    ),
]
Wait = Annotated[
    bool, typer.Option("--wait", help="Return when all that it caused is stored and delivered.")
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Read and count only: nothing is sent anywhere.")
]
Json = Annotated[bool, typer.Option("--json", help="The summary as one JSON object on stdout.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("replay", epilog=_EXAMPLES)(takes_a_tape(_replay))


def _replay(
    files: Files,
    tape: TapeOptions,
    wait: Wait = False,
    dry_run: DryRun = False,
    json_: Json = False,
) -> None:
    """Replay market data files into the ticks topic.

    Formats are recognised: DEBS 2022 files, ticks (symbol, time, price, size), quotes (bid, ask),
    candles, and wide tables with a column per symbol. Every row is counted; a row that cannot be
    read goes to the dead letters with its file, line and text. The same file again changes nothing.
    """
    if tape.pacing.loop and (wait or dry_run):
        raise ConfigError("--loop: expected neither --wait nor --dry-run, it never ends by itself")
    if dry_run and wait:
        raise ConfigError("--wait: expected no --dry-run, nothing is sent that could be waited for")
    request = tape.request(files, dry_run=dry_run)
    result, outcome = _run(request, wait)
    summary = result.summary() | outcome
    if json_:
        sys.stdout.write(json.dumps(summary) + "\n")
    else:
        show_summary(summary, dry_run)
    if result.interrupted and not tape.pacing.loop:
        raise typer.Exit(130)


def _run(request: "ReplayRequest", wait: bool) -> tuple["ReplayResult", dict[str, Any]]:
    """Replay, and with `wait` count what it caused."""
    from streams.adapters.settings import load_settings
    from streams.apps.replay.run import replay

    settings = load_settings()
    if wait:
        return _run_and_wait(settings, request)
    with progress_reporter() as report:
        return replay(settings, request, report), {}


def _run_and_wait(
    settings: "Settings", request: "ReplayRequest"
) -> tuple["ReplayResult", dict[str, Any]]:
    from streams.adapters.endpoints import kafka_address
    from streams.adapters.topics import Topics, create_topics
    from streams.apps.drain import Drain
    from streams.apps.replay.run import replay

    topics = Topics(settings.topic_prefix)
    create_topics(kafka_address(settings), topics, settings.partitions)
    with progress_reporter() as report:
        drain = Drain(settings, report.say)
        result = replay(settings, request, report)
        return result, {} if result.interrupted else drain.wait(result.run)
