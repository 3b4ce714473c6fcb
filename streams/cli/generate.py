"""`tapedeck generate`: a synthetic market, here or in the background."""

import json
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from streams.cli.generate_options import Typed, market_request
from streams.cli.generate_options import duration as parsed_duration
from streams.cli.generate_progress import reporter, show
from streams.cli.logs import configure
from streams.domain.errors import ConfigError

if TYPE_CHECKING:
    from streams.adapters.settings import Settings
    from streams.apps.generate.request import GenerateRequest

_EXAMPLES = """
Examples:

  tapedeck generate --rate 1000

  tapedeck generate --start 2024-03-04 --duration 1d --anomalies 0.2 --labels truth.csv

  tapedeck generate --start 2024-03-04 --duration 8h --seed 7 --edge 0.3 --to market.parquet

  tapedeck generate start --classic --rate 5
"""
Action = Literal["run", "init", "start", "stop", "status"]
To = (
    "kafka, an http(s) URL of POST /ingest, a file .csv, .csv.gz or .parquet, or - (CSV on stdout)."
)


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("generate", epilog=_EXAMPLES)(_generate)


def _generate(  # noqa: PLR0913  # one parameter an option: the command line is the interface
    ctx: typer.Context,
    action: Annotated[
        Action,
        typer.Argument(
            help="run (here, the default); start it in the background, stop it, its status; "
            "init makes folders and topics."
        ),
    ] = "run",
    symbols: Annotated[
        str | None,
        typer.Option(metavar="N|A,B", help="How many made-up symbols, or their names.  [20]"),
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(help="Ticks a second over all symbols; --classic: requests a second.  [100]"),
    ] = None,
    seed: Annotated[
        int, typer.Option(min=0, help="The same seed and options: the same market.")
    ] = 1,
    duration: Annotated[
        str | None, typer.Option(metavar="TIME", help="How long, such as 10m or 1d; until Ctrl-C.")
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="When the market begins (UTC); now. With one it is a tape: sent again, it "
            "changes nothing, and its bars close at its end.",
        ),
    ] = None,
    speed: Annotated[
        str | None,
        typer.Option(metavar="N|max", help="1 = as it happens: the default without --start; max."),
    ] = None,
    to: Annotated[str | None, typer.Option(metavar="TARGET", help=f"{To}  [kafka]")] = None,
    edge: Annotated[
        float, typer.Option(help="Plant a correlation of successive 5-minute returns, -0.9..0.9.")
    ] = 0.0,
    volatility: Annotated[float, typer.Option(help="Annual, of an average symbol.")] = 0.4,
    correlation: Annotated[float, typer.Option(help="Of any two symbols' returns.")] = 0.5,
    anomalies: Annotated[
        float | None,
        typer.Option(help="Planted anomalies per symbol and hour.  [0; 0.5 with --labels]"),
    ] = None,
    anomaly_kinds: Annotated[
        str, typer.Option(metavar="A,B", help="Only these kinds of anomalies.")
    ] = "",
    labels: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Time, symbol and kind of each planted anomaly."),
    ] = None,
    quotes: Annotated[
        str | None, typer.Option(metavar="FILE", help="A quote (bid, ask) at each tick, too.")
    ] = None,
    context: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Context events as JSON lines, too."),
    ] = None,
    context_rate: Annotated[
        float,
        typer.Option(help="Orders, news, fundamentals and economic figures a second; 0: none."),
    ] = 1.0,
    jumps: Annotated[bool, typer.Option("--jumps/--no-jumps", help="Prices jump at times.")] = True,
    regimes: Annotated[
        bool, typer.Option("--regimes/--no-regimes", help="Calm and stormy times.")
    ] = True,
    no_end: Annotated[
        bool, typer.Option("--no-end", help="Leave a tape's last bars open.")
    ] = False,
    classic: Annotated[
        bool,
        typer.Option(
            "--classic", help="The widely copied generator's exact requests, one post each."
        ),
    ] = False,
    json_: Annotated[
        bool, typer.Option("--json", help="The summary as one JSON object on stdout.")
    ] = False,
) -> None:
    """Make up a market and send it: correlated prices, volumes, quotes, news, planted anomalies.

    Prices are geometric Brownian motion with jumps and regimes, carried from tick to tick. Without
    --start it runs on the clock from now on; with one it is as fast as it goes unless --speed.
    """
    from streams.adapters.settings import load_settings

    settings = load_settings()
    configure(settings.log_level)
    typed = Typed(**{each.name: ctx.params[each.name] for each in fields(Typed)})
    if action != "run":
        _in_background(settings, action, typed, classic=classic, as_json=json_)
    elif classic:
        _classic(typed, as_json=json_)
    else:
        _market(settings, market_request(typed), as_json=json_)


def _in_background(
    settings: "Settings", action: Action, typed: Typed, *, classic: bool, as_json: bool
) -> None:
    from streams.apps.generate import service

    if action == "init":
        told = service.init(settings, "" if classic else typed.to or "kafka")
        return _tell(
            told, f"ready: {told['home']}, topics made: {len(told['topics_created'])}", as_json
        )
    if action == "stop":
        stopped = service.stop(settings.home)
        return _tell({"stopped": stopped}, "stopped" if stopped else "none was running", as_json)
    if action == "start" and not classic:
        market_request(typed)  # what does not fit is said here, not in a log
    state = service.start(settings.home, _words()) if action == "start" else None
    state = state or service.status(settings.home)
    text = f"running: pid {state.pid} since {state.since}, log {state.log}\n{state.last_line}"
    if not state.running:
        left = ", a stale pid file is left" if state.stale else ""
        text = f"not running{left}\n{state.last_line}"
    _tell(state.told(), text.strip(), as_json)
    if action == "status" and not state.running:
        raise typer.Exit(1)


def _words() -> list[str]:
    """The options as they were typed, for the one in the background."""
    words = sys.argv[1:]
    words.remove("generate")
    words.remove("start")
    return words


def _tell(told: dict[str, Any], text: str, as_json: bool) -> None:
    typer.echo(json.dumps(told) if as_json else text)


@contextmanager
def _stopped_by_sigterm() -> Iterator[threading.Event]:
    """An event that SIGTERM sets, so that what was sent is stored and told, as on Ctrl-C."""
    stop = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: stop.set())
    try:
        yield stop
    finally:
        signal.signal(signal.SIGTERM, before)


def _market(settings: "Settings", request: "GenerateRequest", *, as_json: bool) -> None:
    from streams.apps.generate.run import generate

    if as_json and request.to == "-":
        raise ConfigError("--json: expected another --to than -, standard output is the market's")
    with reporter() as report, _stopped_by_sigterm() as stop:
        result = generate(settings, request, report, stop)
    show(result.summary(), as_json=as_json, quiet=request.to == "-")
    if result.failed:
        raise typer.Exit(1)
    if result.interrupted and request.duration_ms is not None:
        raise typer.Exit(130)


def _classic(typed: Typed, *, as_json: bool) -> None:
    from streams.adapters.synthetic.classic import SYMBOLS, URL
    from streams.adapters.synthetic.plan import symbol_names
    from streams.apps.generate.classic import Classic, ClassicRequest

    if typed.to is not None and not typed.to.startswith(("http://", "https://")):
        raise ConfigError(f"--to: expected a URL with --classic, was {typed.to!r}")
    if typed.rate is not None and not 0 < typed.rate <= 10_000:
        raise ConfigError(f"--rate: expected a number > 0 and <= 10000, was {typed.rate:g}")
    names = SYMBOLS if typed.symbols is None else symbol_names(typed.symbols)
    length = parsed_duration(typed.duration)
    request = ClassicRequest(
        typed.to or URL, names, typed.seed, typed.rate, None if length is None else length / 1_000
    )
    with reporter() as report, _stopped_by_sigterm() as stop:
        classic = Classic(request, lambda line: typer.echo(line, err=as_json), stop)
        over = classic.run(lambda: report.classic(classic))
    show(classic.summary(interrupted=not over), as_json=as_json)
    if classic.failed:
        raise typer.Exit(1)
    if not over and length is not None:
        raise typer.Exit(130)
