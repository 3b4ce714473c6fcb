"""`tapedeck serve`: the functions of the Knative manifests on this machine."""

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.domain.errors import ConfigError, ServiceError

if TYPE_CHECKING:
    from streams.adapters.settings import Settings
    from streams.apps.serve.manifests import Manifests


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("serve", epilog="Example: tapedeck serve notify   ·   tapedeck serve --status")(
        serve_command
    )


def serve_command(
    functions: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FUNCTION]...", help="Which functions; all when none is named."),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65_535, help="Port of the broker (TAPEDECK_BROKER_PORT, 8090)."),
    ] = None,
    manifests: Annotated[
        Path | None, typer.Option(help="Another folder of manifests, with a kustomization.yaml.")
    ] = None,
    status: Annotated[bool, typer.Option("--status", help="Show what runs, and stop.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="With --status: one JSON object.")
    ] = False,
) -> None:
    """Run the functions of the knative/ manifests here, behind a local broker.

    A function starts on its first request or event, and stops when it has been idle for its
    window. The broker takes CloudEvents at POST / and keeps each on disk until every Trigger has
    delivered it; GET / shows the state.
    """
    from streams.adapters.settings import load_settings

    settings = load_settings()
    if port is not None:
        settings = settings.model_copy(update={"broker_port": port})
    if status:
        _show(_status(settings.broker_port), as_json)
        return
    _run(settings, manifests, functions or [])


def _run(settings: "Settings", folder: Path | None, functions: list[str]) -> None:
    try:
        from streams.apps.serve.reading import SHIPPED, read_manifests
        from streams.apps.serve.runtime import serve
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"serve: expected the module {error.name}; pip install 'tapedeck[embedded,functions]'"
        ) from error
    logging.basicConfig(level=settings.log_level, format="%(levelname)s %(name)s %(message)s")
    serve(settings, _chosen(read_manifests(folder or SHIPPED), functions), say=_say)


def _chosen(declared: "Manifests", functions: list[str]) -> "Manifests":
    names = frozenset(name.replace("_", "-") for name in functions)
    if unknown := names - declared.services.keys():
        raise ConfigError(
            f"serve: expected functions among {', '.join(sorted(declared.services))}, "
            f"was {', '.join(sorted(unknown))}"
        )
    return declared.only(names)


def _say(line: str) -> None:
    typer.echo(line, err=True)


def _status(port: int) -> dict[str, Any]:
    from urllib.error import URLError
    from urllib.request import ProxyHandler, build_opener

    url = f"http://127.0.0.1:{port}/"
    try:
        with build_opener(ProxyHandler({})).open(url, timeout=5) as answer:
            found: dict[str, Any] = json.load(answer)
            return found
    except (URLError, ValueError) as error:
        raise ServiceError(
            f"serve: expected the local broker at {url}, was not there ({error}); "
            "start it with `tapedeck serve`"
        ) from error


def _show(state: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(state))
        return
    from rich.console import Console

    console = Console()
    console.print(_services_table(state["services"]))
    console.print(_triggers_table(state["triggers"]))
    console.print(f"{state['pending']} pending, {state['dead']} dead, {state['accepted']} accepted")


def _services_table(services: list[dict[str, Any]]) -> Any:
    from rich.table import Table

    table = Table("function", "state", "pids", "waiting", "requests", "starts")
    for service in services:
        pids = " ".join(str(instance["pid"]) for instance in service["instances"])
        counts = (str(service[name]) for name in ("waiting", "requests", "starts"))
        table.add_row(service["name"], service["state"], pids or "-", *counts)
    return table


def _triggers_table(triggers: list[dict[str, Any]]) -> Any:
    from rich.table import Table

    columns = ("pending", "delivered", "dead", "dead_lettered", "retries")
    table = Table("trigger", "to", "order", *columns)
    for trigger in triggers:
        order = "ordered" if trigger["ordered"] else "any"
        counts = (str(trigger[name]) for name in columns)
        table.add_row(trigger["name"], trigger["subscriber"], order, *counts)
    return table
