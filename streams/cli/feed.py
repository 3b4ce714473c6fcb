"""`tapedeck feed`: live market data of a provider."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table

from streams.cli.feed_options import Typed, feed_request
from streams.cli.feed_progress import reporter
from streams.cli.logs import configure

if TYPE_CHECKING:
    from streams.apps.feed.request import FeedResult

_EXAMPLES = """
Examples:

  tapedeck feed binance --symbols BTCUSDT,ETHUSDT --record crypto.csv

  POLYGON_API_KEY=... tapedeck feed polygon --symbols AAPL,MSFT --news

  tapedeck feed fmp --symbols AAPL --every 2m --duration 8h

  tapedeck feed binance --symbols BTCUSDT --map BTCUSDT=BTC-USD --dry-run --limit 10
"""
Provider = Literal["polygon", "finage", "alphavantage", "fmp", "binance"]


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("feed", epilog=_EXAMPLES)(_feed)


def _feed(  # noqa: PLR0913  # one parameter an option: the command line is the interface
    provider: Annotated[
        Provider, typer.Argument(help="Whose data; binance needs no key.", metavar="PROVIDER")
    ],
    symbols: Annotated[
        str | None, typer.Option(metavar="A,B", help="The symbols as the provider writes them.")
    ] = None,
    map_: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="THEIRS=OURS",
            help="What we call a symbol; repeat it, or use [feed.symbols] in TAPEDECK_CONFIG.",
        ),
    ] = None,
    mode: Annotated[
        Literal["socket", "poll"] | None,
        typer.Option(help="WebSocket or polling, where the provider has both.  [fmp: poll]"),
    ] = None,
    interval: Annotated[
        str | None,
        typer.Option(metavar="1min", help="alphavantage: candles instead of last prices."),
    ] = None,
    every: Annotated[
        str, typer.Option(metavar="TIME", help="Time between two rounds of polling.")
    ] = "1m",
    news: Annotated[
        bool, typer.Option("--news", help="Headlines too, as sentiment (polygon, fmp).")
    ] = False,
    record: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write a CSV too, or go on with it, for `replay`."),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, metavar="N", help="Stop after N ticks.")] = (
        None
    ),
    duration: Annotated[
        str | None, typer.Option(metavar="TIME", help="Stop after so long; until Ctrl-C.")
    ] = None,
    per_minute: Annotated[
        int | None, typer.Option(min=1, help="Requests a minute that your plan allows.")
    ] = None,
    per_day: Annotated[
        int | None, typer.Option(min=1, help="Requests a day that your plan allows.")
    ] = None,
    silence: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="So long without a message is a gap.  [30s]"),
    ] = None,
    url: Annotated[
        str | None, typer.Option(metavar="URL", help="Instead of the provider's own.")
    ] = None,
    news_url: Annotated[
        str | None, typer.Option(metavar="URL", help="Instead of the provider's own, for news.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Listen, count and record; send nothing to Kafka.")
    ] = False,
    json_: Annotated[
        bool, typer.Option("--json", help="The summary as one JSON object on stdout.")
    ] = False,
) -> None:
    """Follow live market data: trades to the ticks topic, news to the context topic.

    Connections are made again when they break; duplicates are ignored and gaps counted where the
    provider numbers its trades; the provider's rate limits are kept. Keys come from the
    environment: POLYGON_API_KEY, FINAGE_API_KEY, ALPHAVANTAGE_API_KEY, FMP_API_KEY.
    """
    from streams.adapters.metrics import Metrics
    from streams.adapters.settings import load_settings
    from streams.apps.feed.run import feed

    settings = load_settings()
    configure(settings.log_level)
    typed = Typed(
        provider, symbols, tuple(map_ or ()), mode, interval, every, news, record, limit,
        duration, per_minute, per_day, silence, url, news_url, dry_run,
    )  # fmt: skip
    request = feed_request(settings, typed)
    metrics = Metrics()
    metrics.serve(settings.metrics_port, usual=0, host=settings.host)
    with reporter(request) as report:
        result = feed(settings, request, report, metrics=metrics)
    _show(result, as_json=json_)
    if result.interrupted and (limit is not None or duration is not None):
        raise typer.Exit(130)


def _show(result: "FeedResult", *, as_json: bool) -> None:
    summary = result.summary()
    if as_json:
        sys.stdout.write(json.dumps(summary) + "\n")
        return
    console = Console()
    if not result.counts.ticks:
        console.print("No tick came: is the market open, and are the symbols the provider's?")
    table = Table(show_header=False)
    table.add_column(style="cyan")
    table.add_column(justify="right")
    for name, value in summary.items():
        if name not in ("interrupted", "last_ts_ms"):
            shown = ", ".join(value) if isinstance(value, list) else value
            table.add_row(name, f"{shown:,}" if isinstance(shown, int) else str(shown))
    console.print(table)
