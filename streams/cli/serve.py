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
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Another folder of manifests, with a kustomization.yaml."
        ),
    ] = None,
    overlay: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The resources of knative/overlays/NAME, unpatched."),
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
        _show(_status(settings, port), as_json)
        return
    if as_json:
        raise ConfigError("serve: expected --json together with --status")
    _run(settings, _folder(manifests, overlay), functions or [])


def _folder(manifests: Path | None, overlay: str | None) -> Path:
    from streams.apps.serve.reading import OVERLAYS, SHIPPED

    if manifests is not None and overlay is not None:
        raise ConfigError("serve: expected one of --manifests and --overlay, was both")
    if overlay is None:
        return manifests or SHIPPED
    names = sorted(path.parent.name for path in OVERLAYS.glob("*/kustomization.yaml"))
    if overlay not in names:
        raise ConfigError(f"serve: --overlay: expected one of {', '.join(names)}, was {overlay!r}")
    return OVERLAYS / overlay


def _run(settings: "Settings", folder: Path, functions: list[str]) -> None:
    try:
        from streams.apps.serve.reading import read_manifests
        from streams.apps.serve.runtime import serve
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"serve: expected the module {error.name}; pip install 'tapedeck[embedded,functions]'"
        ) from error
    logging.basicConfig(level=settings.log_level, format="%(levelname)s %(name)s %(message)s")
    serve(settings, _chosen(read_manifests(folder, left_out=_say), functions), say=_say)


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


def _status(settings: "Settings", port: int | None) -> dict[str, Any]:
    from urllib.error import URLError
    from urllib.request import ProxyHandler, build_opener

    from streams.adapters.local_functions import local_functions

    noted = local_functions(settings.home) if port is None else None
    url = noted.broker + "/" if noted else f"http://127.0.0.1:{settings.broker_port}/"
    try:
        with build_opener(ProxyHandler({})).open(url, timeout=5) as answer:
            found: dict[str, Any] = json.load(answer)
            return found
    except (URLError, ValueError, TimeoutError) as error:
        raise ServiceError(
            f"serve: expected the local broker at {url}, was not there ({error}); "
            "start it with `tapedeck serve`"
        ) from error


def _show(state: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(state))
        return
    from rich.console import Console
    from rich.table import Table

    from streams.apps.serve.page import as_text, services_rows, totals, triggers_rows

    console = Console()
    if not console.is_terminal:
        typer.echo(as_text(state), nl=False)
        return
    for names, rows in (services_rows(state), triggers_rows(state)):
        table = Table(*names)
        for row in rows:
            table.add_row(*row)
        console.print(table)
    console.print(totals(state))
