"""`tapedeck replay`: files to the `ticks` topic."""

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from streams.cli.replay_progress import progress_reporter, show_summary
from streams.domain.errors import ConfigError

if TYPE_CHECKING:
    from streams.adapters.settings import Settings
    from streams.apps.replay_request import ReplayRequest, ReplayResult

_EXAMPLES = """
Examples:

  tapedeck replay trades.csv.gz

  tapedeck replay --speed 60 monday.csv tuesday.csv

  tapedeck replay --symbol EURUSD --tz Europe/Berlin quotes.csv

  zcat big.csv.gz | tapedeck replay --dry-run --json -
"""
Formats = Literal["auto", "debs", "ticks", "quotes", "candles", "wide"]

Files = Annotated[
    list[str],
    typer.Argument(
        help="CSV (plain, .gz, .zst, .zip) or Parquet files; - is standard input. "
        "Files named together are one tape, merged by event time.",
        show_default=False,
    ),
]
Format = Annotated[Formats, typer.Option("--format", help="What the files are.")]
Speed = Annotated[
    str, typer.Option(help="1 = as it happened, 60 = a minute a second, max = as fast as it goes.")
]
Symbol = Annotated[
    str | None, typer.Option(metavar="S", help="Symbol of files that have no symbol column.")
]
Symbols = Annotated[
    str | None, typer.Option(metavar="GLOB,...", help="Only these symbols, such as 'A*,MSFT'.")
]
From = Annotated[
    str | None,
    typer.Option("--from", metavar="TIME", help="Only ticks at or after this time (ISO-8601)."),
]
To = Annotated[str | None, typer.Option(metavar="TIME", help="Only ticks before this time.")]
Limit = Annotated[
    int | None, typer.Option(min=0, metavar="N", help="Read no more than N rows (of each lap).")
]
Loop = Annotated[
    bool, typer.Option("--loop", help="Again and again, shifted by whole days, until Ctrl-C.")
]
NoEnd = Annotated[
    bool, typer.Option("--no-end", help="Leave bars open that have not ended when the tape does.")
]
Tz = Annotated[str, typer.Option(metavar="ZONE", help="Zone of times that do not say theirs.")]
CandleTime = Annotated[
    Literal["start", "end"],
    typer.Option(
        help="What a candle's time is. An end is moved 1 ms back, so that a candle written 09:05 "
        "counts in the bar that ends at 09:05."
    ),
]
DateOrder = Annotated[
    Literal["dmy", "mdy"] | None,
    typer.Option(help="How to read 03/04/2024 when the file does not tell."),
]
TimeColumn = Annotated[str | None, typer.Option(metavar="NAME", help="The column of the time.")]
PriceColumn = Annotated[str | None, typer.Option(metavar="NAME", help="The column of the price.")]
SizeColumn = Annotated[str | None, typer.Option(metavar="NAME", help="The column of the size.")]
SymbolColumn = Annotated[str | None, typer.Option(metavar="NAME", help="The column of the symbol.")]
Wait = Annotated[
    bool, typer.Option("--wait", help="Return when all that it caused is stored and delivered.")
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Read and count only: nothing is sent anywhere.")
]
Json = Annotated[bool, typer.Option("--json", help="The summary as one JSON object on stdout.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("replay", epilog=_EXAMPLES)(_replay)


def _replay(  # noqa: PLR0913  # one parameter an option: the command line is the interface
    files: Files,
    format_: Format = "auto",
    speed: Speed = "max",
    symbol: Symbol = None,
    symbols: Symbols = None,
    from_: From = None,
    to: To = None,
    limit: Limit = None,
    loop: Loop = False,
    no_end: NoEnd = False,
    tz: Tz = "UTC",
    candle_time: CandleTime = "start",
    date_order: DateOrder = None,
    time_column: TimeColumn = None,
    price_column: PriceColumn = None,
    size_column: SizeColumn = None,
    symbol_column: SymbolColumn = None,
    wait: Wait = False,
    dry_run: DryRun = False,
    json_: Json = False,
) -> None:
    """Replay market data files into the ticks topic.

    Formats are recognised: DEBS 2022 files, ticks (symbol, time, price, size), quotes (bid, ask),
    candles, and wide tables with a column per symbol. Every row is counted; a row that cannot be
    read goes to the dead letters with its file, line and text. The same file again changes nothing.
    """
    if loop and (wait or dry_run):
        raise ConfigError("--loop: expected neither --wait nor --dry-run, it never ends by itself")
    if dry_run and wait:
        raise ConfigError("--wait: expected no --dry-run, nothing is sent that could be waited for")
    request = make_request(
        files,
        read={
            "format": format_,
            "symbol": symbol,
            "tz": tz,
            "candle_time": candle_time,
            "date_order": date_order,
            "time_column": time_column,
            "price_column": price_column,
            "size_column": size_column,
            "symbol_column": symbol_column,
        },
        symbols=symbols,
        between=(from_, to),
        limit=limit,
        speed=speed,
        loop=loop,
        end=not no_end,
        dry_run=dry_run,
    )
    result, outcome = _run(request, wait)
    summary = result.summary() | outcome
    if json_:
        sys.stdout.write(json.dumps(summary) + "\n")
    else:
        show_summary(summary, dry_run)
    if result.interrupted and not loop:
        raise typer.Exit(130)


def make_request(
    files: list[str],
    *,
    read: dict[str, Any],
    symbols: str | None = None,
    between: tuple[str | None, str | None] = (None, None),
    speed: str = "max",
    **rest: Any,
) -> "ReplayRequest":
    """A request from options as they are typed; raises ConfigError that names a bad one."""
    from streams.adapters.tape.moment import moment_ms
    from streams.adapters.tape.plan import CandleTime, Format, ReadOptions
    from streams.adapters.tape.reading import Pick
    from streams.adapters.tape.time_column import check_zone
    from streams.apps.replay_request import ReplayRequest

    options = ReadOptions(
        **read | {"format": Format(read["format"]), "candle_time": CandleTime(read["candle_time"])}
    )
    check_zone(options.tz)
    globs = tuple(part.strip() for part in (symbols or "").split(",") if part.strip())
    start, end = (
        moment_ms(option, text, options.tz)
        for option, text in zip(("--from", "--to"), between, strict=True)
    )
    pick = Pick(globs, start, end)
    return ReplayRequest(tuple(files), options, pick, speed=_speed(speed), **rest)


def _speed(text: str) -> float | None:
    if text == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed <= 1e6:
        raise ConfigError(f"--speed: expected max or a number > 0 such as 60, was {text!r}")
    return speed


def _run(request: "ReplayRequest", wait: bool) -> tuple["ReplayResult", dict[str, Any]]:
    """Replay, and with `wait` count what it caused."""
    from streams.adapters.settings import load_settings
    from streams.apps.replay import replay

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
    from streams.apps.replay import replay

    topics = Topics(settings.topic_prefix)
    create_topics(kafka_address(settings), topics, settings.partitions)
    with progress_reporter() as report:
        drain = Drain(settings, report.say)
        result = replay(settings, request, report)
        return result, {} if result.interrupted else drain.wait(result.run)
