"""`tapedeck bench`: measurements that a user can repeat on a machine of his own."""

from __future__ import annotations

import json
import signal
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from streams.cli.services import Json, embedded
from streams.domain.errors import ConfigError, TapedeckError

if TYPE_CHECKING:
    from streams.adapters.settings import Settings
    from streams.apps.bench_scale.run import Plan, Report, Reporter

app = typer.Typer(no_args_is_help=True, help="Measure Tapedeck on this machine.")
_SHORT_SECONDS = 2.0


def register(parent: typer.Typer) -> None:
    """Add the commands to the application."""
    parent.add_typer(app, name="bench")


@app.callback()
def _group() -> None:
    """Measure Tapedeck on this machine.

    What needs the sources (`make bench`) measures throughput, replay, latency and cold starts.
    """


def _counts(text: str) -> tuple[int, ...]:
    parts = text.split(",")
    if not all(part.strip().isdigit() and 1 <= int(part) <= 64 for part in parts):
        raise typer.BadParameter(f"expected numbers from 1 to 64 such as 1,2,4, was {text}")
    return tuple(dict.fromkeys(int(part) for part in parts))


@app.command()
def scale(
    processes: Annotated[
        str, typer.Option(help="How many processes of `run bars`, one run each.")
    ] = "1,2,4",
    ticks: Annotated[int, typer.Option(min=1, help="Ticks of each run, 64 a message.")] = 4_000_000,
    cpu: Annotated[
        int, typer.Option(min=0, max=100, help="Percent of a core for each process; 0: no cap.")
    ] = 25,
    rebalance: Annotated[
        bool, typer.Option(help="Also let processes join, leave and die under load.")
    ] = True,
    as_json: Json = False,
) -> None:
    """Show how bars scale with processes in one consumer group: throughput, the time of a
    rebalance, and that the bars are the same however many there are.

    Kafka: the one that KAFKA_BOOTSTRAP_SERVERS names, under topics of its own that are removed
    afterwards, else an embedded one in a temporary folder. Takes about three minutes.

    Example: [bold]tapedeck bench scale --processes 1,2 --ticks 1000000[/bold]
    """
    from streams.adapters.settings import load_settings

    counts, settings = _counts(processes), load_settings()
    if max(counts) > settings.partitions:
        raise ConfigError(
            f"bench: expected at most as many processes as partitions ({settings.partitions}, "
            f"TAPEDECK_PARTITIONS), was {max(counts)}"
        )
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # stop as on Ctrl-C
    embedded()
    from streams.apps.bench_scale.run import Plan

    plan = Plan(counts, ticks, settings.partitions, cpu / 100 if cpu else None, rebalance)
    report = _measured(settings, plan)
    if as_json:
        typer.echo(json.dumps({"cpu_percent_each": cpu or None, **asdict(report)}))
    else:
        _show(report, plan)
    if not report.identical:
        raise TapedeckError("bench: expected the same bars from every run, they differ")


def _measured(settings: Settings, plan: Plan) -> Report:
    from streams.apps.bench_scale.run import measure

    with (
        tempfile.TemporaryDirectory(prefix="tapedeck-bench-") as folder,
        _reporter() as report,
        _kafka(settings, Path(folder), report) as (address, prefix),
    ):
        return measure(address, prefix, Path(folder), plan, report)


@contextmanager
def _kafka(settings: Settings, home: Path, report: Reporter) -> Iterator[tuple[str, str]]:
    """An address, and a prefix under which everything is gone afterwards."""
    prefix = f"{settings.topic_prefix}bench-{uuid.uuid4().hex[:8]}-"
    if settings.kafka_bootstrap_servers:
        from streams.adapters.kafka_groups import remove_prefix

        try:
            yield settings.kafka_bootstrap_servers, prefix
        finally:
            remove_prefix(settings.kafka_bootstrap_servers, prefix)
        return
    services = embedded()
    from streams.adapters.services.ports import free_port, remember_ports

    controller = free_port()
    ports = {"kafka": free_port(frozenset({controller})), "kafka-controller": controller}
    remember_ports(home, ports)
    own = settings.model_copy(update={"home": home})
    try:
        report("starting Kafka", 0, 0)
        yield services.up(own, only={"kafka"}).kafka, prefix
    finally:
        services.down(own)


@contextmanager
def _reporter() -> Iterator[Reporter]:
    """A bar where standard error is a terminal, else a line for each step."""
    console = Console(stderr=True)
    said = ""

    def line(what: str, done: int, total: int) -> None:
        nonlocal said
        if what != said:
            said = what
            console.print(what, highlight=False)

    if not console.is_terminal:
        yield line
        return
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)

        def draw(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total or None)

        yield draw


def _show(report: Report, plan: Plan) -> None:
    cap = f"each process capped at {plan.share:.0%} of a core" if plan.share else "no cap on CPU"
    console = Console(soft_wrap=True)
    table = Table("processes", "ticks/s", "gain", "cores each", "within", "bars", "hash",
                  title=f"run bars, {report.ticks:,} ticks, {cap}")  # fmt: skip
    first = report.runs[0]
    for run in report.runs:
        rate, of_one = f"{run.ticks_per_second:,.0f}", ""
        if first.ticks_per_second:
            of_one = f"{run.ticks_per_second / first.ticks_per_second:.2f}x"
        table.add_row(
            str(run.processes), rate, of_one,
            f"{run.cores_each:.2f}", f"{run.seconds:.1f} s", f"{run.bars:,}", run.digest[:8],
        )  # fmt: skip
    console.print(table)
    for each in report.rebalances:
        console.print(f"{each.what}: all partitions consumed again after {each.seconds:.1f} s")
    if report.rebalances:
        console.print("(commits come once a second, so up to 1 s of each is waiting for one)")
    what = "identical in every run" if report.identical else "DIFFERENT"
    console.print(f"bars: {what}{', the disturbed one too' if report.rebalances else ''}")
    if min(run.seconds for run in report.runs) < _SHORT_SECONDS:
        console.print("measured for less than 2 s: give --ticks more", style="yellow")
