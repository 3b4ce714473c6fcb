"""`tapedeck doctor`, `status`, `reset` and `topics`: looking after an installation."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from streams.cli.services import Json, embedded, services_table

if TYPE_CHECKING:
    from streams.adapters.services import ServiceStatus
    from streams.adapters.services.checks import Check
    from streams.adapters.services.processes import RunningProcess
    from streams.adapters.settings import Settings

topics = typer.Typer(no_args_is_help=True, help="The topics in Kafka.")
_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(doctor)
    app.command()(status)
    app.command()(reset)
    app.add_typer(topics, name="topics")


def doctor(as_json: Json = False) -> None:
    """Check this machine, the settings and the services, and say what to do; exit 1 when one
    of the checks fails.

    Example: `tapedeck doctor`
    """
    found = _checks()
    failed = any(check.level == "fail" for check in found)
    if as_json:
        checks = [asdict(check) for check in found]
        typer.echo(json.dumps({"ok": not failed, "checks": checks}))
    else:
        table = Table("check", "", box=None, pad_edge=False)
        table.add_column("found", overflow="fold")
        table.add_column("what to do", overflow="fold")
        for each in found:
            mark = f"[{_COLOURS[each.level]}]{each.level}[/]"
            table.add_row(each.name, mark, escape(each.detail), escape(each.advice))
        Console().print(table)
    raise typer.Exit(1 if failed else 0)


def _checks() -> list[Check]:
    from streams.adapters.config_file import notify_rules
    from streams.adapters.settings import load_settings
    from streams.domain.errors import ConfigError

    embedded()
    from streams.adapters.services.checks import Check, Level, machine_checks, python_check
    from streams.adapters.services.service_checks import service_checks

    try:
        settings = load_settings()
        notify_rules(settings.config, settings.channel_names)
    except ConfigError as error:
        return [python_check(), Check("settings", Level.FAIL, str(error), "change it and repeat")]
    found = [python_check(), Check("settings", Level.OK, "valid")]
    return [*found, *machine_checks(settings), *service_checks(settings)]


def status(as_json: Json = False) -> None:
    """Show the services, our processes, and how far the pipelines are behind.

    Example: `tapedeck status`
    """
    from streams.adapters.settings import load_settings

    settings, services = load_settings(), embedded()
    from streams.adapters.services.processes import running_processes

    found, processes = services.status(settings), running_processes(settings.home)
    answers = next(each.answers for each in found if each.name == "kafka")
    flow = _flow(settings) if answers else {"topics": [], "groups": []}
    if as_json:
        report = {
            "services": [asdict(s) for s in found],
            "processes": [asdict(p) for p in processes],
        }
        typer.echo(json.dumps(report | flow))
    else:
        _print_status(found, processes, flow)


def _flow(settings: Settings) -> dict[str, list[dict[str, Any]]]:
    from streams.adapters.endpoints import kafka_address
    from streams.adapters.kafka_overview import group_lags, topic_ends
    from streams.adapters.topics import Topic, Topics

    address, names = kafka_address(settings), Topics(settings.topic_prefix)
    ours = {names.name(topic) for topic in Topic}
    ends = [asdict(each) for each in topic_ends(address, names.prefix) if each.name in ours]
    return {
        "topics": ends,
        "groups": [asdict(each) for each in group_lags(address, names.group(""))],
    }


def _print_status(
    found: list[ServiceStatus],
    processes: list[RunningProcess],
    flow: dict[str, list[dict[str, Any]]],
) -> None:
    console = Console(soft_wrap=True)
    console.print(services_table(found))
    running = Table("process", "pid", "memory", "up", box=None, pad_edge=False)
    for each in processes:
        up = f"{max(0.0, time.time() - each.started):.0f} s"
        running.add_row(each.name, str(each.pid), f"{each.memory >> 20} MB", up)
    console.print()
    console.print(running if processes else "no process of ours runs (`tapedeck demo` starts all)")
    for title, columns in (("topics", ("name", "partitions", "messages")),
                           ("groups", ("group", "topic", "lag"))):  # fmt: skip
        if flow[title]:
            console.print()
            console.print(_rows(flow[title], columns))


def _rows(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> Table:
    table = Table(*columns, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(str(row[column]) for column in columns))
    return table


def reset(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Stop the embedded services and remove topics, tables and state; external services are
    left as they are. Refuses while a process of ours runs.

    Example: `tapedeck reset --yes`
    """
    from streams.adapters.settings import load_settings
    from streams.domain.errors import ConfigError

    services, settings = embedded(), load_settings()
    from streams.adapters.services.emptying import require_idle, what_reset_removes

    require_idle(settings)
    folders = what_reset_removes(settings)
    if folders and not yes:
        if as_json:
            raise ConfigError("reset: expected --yes together with --json, was none")
        typer.confirm(f"Remove {', '.join(map(str, folders))}?", abort=True)
    removed = [str(path) for path in services.reset(settings)]
    if as_json:
        typer.echo(json.dumps({"removed": removed}))
    else:
        typer.echo(f"removed {', '.join(removed)}" if removed else "nothing to remove")


@topics.command("create")
def create(as_json: Json = False) -> None:
    """Make the topics that are missing; existing ones stay as they are.

    Example: `tapedeck topics create`
    """
    from streams.adapters.endpoints import kafka_address
    from streams.adapters.settings import load_settings
    from streams.adapters.topics import Topics, create_topics

    settings = load_settings()
    names = Topics(settings.topic_prefix)
    made = create_topics(kafka_address(settings), names, settings.partitions)
    if as_json:
        typer.echo(json.dumps({"created": made}))
    else:
        typer.echo(f"created {', '.join(made)}" if made else "every topic exists already")


@topics.command("list")
def list_(as_json: Json = False) -> None:
    """List the topics under our prefix with their partitions and messages.

    Example: `tapedeck topics list --json`
    """
    from streams.adapters.endpoints import kafka_address
    from streams.adapters.kafka_overview import topic_ends
    from streams.adapters.settings import load_settings

    settings = load_settings()
    found = [asdict(each) for each in topic_ends(kafka_address(settings), settings.topic_prefix)]
    if as_json:
        typer.echo(json.dumps({"topics": found}))
    elif found:
        Console(soft_wrap=True).print(_rows(found, ("name", "partitions", "messages")))
    else:
        typer.echo("no topics yet: `tapedeck topics create`")
