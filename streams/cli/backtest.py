"""`tapedeck backtest`: what following a rule would have made, and how much of it is luck."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.cli.rules import Cold, Config, Interval, Json, Side, load_history, settings_with
from streams.cli.tape_options import PastOptions, takes_a_tape
from streams.domain.errors import ConfigError, ServiceError

if TYPE_CHECKING:
    from streams.domain.backtest import Backtest

_EXAMPLES = (
    "Example: `tapedeck backtest trades.csv.gz --rule breakout --costs 5 --slippage 2 "
    "--html report.html`"
)
_LARGEST = 10_000.0  # basis points: all of it
_MOST_A_YEAR = 366 * 86_400.0  # a bar a second


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("backtest", epilog=_EXAMPLES)(takes_a_tape(_backtest))


def _backtest(  # noqa: PLR0913  # options of a command
    tape: PastOptions,
    files: Annotated[
        list[str] | None, typer.Argument(metavar="[TAPE...]", help="Default: the shipped tape.")
    ] = None,
    rule: Annotated[
        str, typer.Option(help="breakout, recommendation, your rule's name, or an expression.")
    ] = "breakout",
    side: Side = None,
    interval: Interval = "5m",
    costs: Annotated[
        float, typer.Option(min=0, max=_LARGEST, metavar="BPS", help="Of what each order trades.")
    ] = 0.0,
    slippage: Annotated[
        float,
        typer.Option(min=0, max=_LARGEST, metavar="BPS", help="How much worse than the open each "
                     "order is filled."),
    ] = 0.0,
    hold: Annotated[
        int | None,
        typer.Option(min=0, metavar="BARS", help="Leave a position so many bars after its signal; "
                     "0: only by another signal (default: 20 for a rule of one side, else 0)."),
    ] = None,
    long_only: Annotated[bool, typer.Option("--long-only", help="A sell only leaves.")] = False,
    tried: Annotated[
        int,
        typer.Option(min=1, max=1_000_000, metavar="N", help="Rules, settings and tapes that were "
                     "looked at before this one, itself included: for the deflated Sharpe ratio."),
    ] = 1,
    bars_a_year: Annotated[
        float | None,
        typer.Option(min=1, max=_MOST_A_YEAR, help="For annual figures (default: by the tape's "
                     "bars)."),
    ] = None,
    cold: Cold = False,
    config: Config = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a report with plots; one file.")
    ] = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Follow a rule's signals through a tape: each is filled at the open of the next bar.

    Equity, drawdown, Sharpe ratio, turnover and trades beside buy-and-hold's, then a permutation
    test and the deflated Sharpe ratio: how likely luck alone did it. Nothing of this is advice.
    """
    from streams.research.verdict import figures

    if html is not None and html.is_dir():
        raise ConfigError(f"--html: expected a file, was a folder: {html}")
    settings = settings_with(config)
    history = load_history(files or [], tape, interval, settings, rule=rule, side=side)
    told = {} if hold is None else {"hold": hold}
    found = history.backtest(
        rule, side, cold=cold, costs=costs / 10_000, slippage=slippage / 10_000,
        short=not long_only, tried=tried, bars_a_year=bars_a_year, **told,
    )  # fmt: skip
    report = {"rule": rule, "interval": history.interval, **figures(found)}
    if html is not None:
        _write(html, found, report)
    if as_json:
        typer.echo(json.dumps(report, allow_nan=False))
    else:
        _show(report, html)


def _write(path: Path, found: "Backtest", report: dict[str, Any]) -> None:
    from streams.research.report import html_report

    about = (
        f"{report['bars']:,} bars of {report['interval']}, symbols: {report['symbols']:,}, "
        f"signals: {report['signals']:,}; costs {report['costs_bps']:g} and slippage "
        f"{report['slippage_bps']:g} basis points; filled at the open of the next bar"
    )
    try:
        path.write_text(html_report(found, f"Backtest: {report['rule']}", about), "utf-8")
    except OSError as error:
        raise ServiceError(f"backtest: cannot write {path}: {error.strerror}") from error


def _show(report: dict[str, Any], html: Path | None) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    if not report["bars"]:
        console.print("No bars: the tape has no tick that was asked for.")
        return
    console.print(
        f"{report['rule']} on {report['bars']:,} bars of {report['interval']}, symbols: "
        f"{report['symbols']:,}, signals: {report['signals']:,}, completed trades: "
        f"{report['trades']:,}, won: {report['won']:,}",
        markup=False, soft_wrap=True,
    )  # fmt: skip
    table = Table("", "the rule", "buy and hold")
    for name, form in (
        ("total_return", "+.2%"), ("worst_drawdown", "+.2%"), ("sharpe", ".2f"),
        ("volatility", ".2%"),
    ):  # fmt: skip
        hold = report["buy_and_hold"][name]
        table.add_row(name.replace("_", " "), _said(report[name], form), _said(hold, form))
    table.add_row("exposed", _said(report["exposed"], ".1%"), "100.0%")
    table.add_row("turnover", _said(report["turnover"], ".1f"), "1.0")
    console.print(table)
    for doubt in report["doubts"]:
        console.print(f"- {doubt}", markup=False, soft_wrap=True)
    if html is not None:
        console.print(f"report: {html}", markup=False, soft_wrap=True)


def _said(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)
