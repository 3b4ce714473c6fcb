"""`tapedeck run`: stream pipelines in this process."""

from typing import Annotated

import typer

from streams.cli.logs import configure
from streams.domain.errors import ConfigError

_NAMES = "bars, signals, archive, deliver, predict"


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(run)


def run(
    pipelines: Annotated[
        list[str], typer.Argument(help=f"One or several of: {_NAMES}.", metavar="PIPELINE...")
    ],
    metrics_port: Annotated[
        int | None,
        typer.Option(help="Port of /metrics on 127.0.0.1; 0: any free one. Usually 9101 to 9105."),
    ] = None,
) -> None:
    """Run stream pipelines in this process until SIGTERM or Ctrl-C.

    Example: `tapedeck run bars signals`
    """
    from streams.adapters.made_with import check_state
    from streams.adapters.settings import load_settings
    from streams.apps.pipelines import PIPELINES, run_pipelines

    unknown = [name for name in pipelines if name not in PIPELINES]
    if unknown:
        raise ConfigError(f"run: expected some of {_NAMES}, was {', '.join(unknown)}")
    settings = load_settings()
    if metrics_port is not None:
        settings = settings.model_copy(update={"metrics_port": metrics_port})
    configure(settings.log_level)
    check_state(settings)
    run_pipelines(settings, list(dict.fromkeys(pipelines)))
