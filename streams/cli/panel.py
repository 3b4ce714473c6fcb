"""`tapedeck panel`: the dashboard."""

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("panel", epilog="Example: tapedeck panel --port 5006")(_panel)


def _panel(
    port: Annotated[
        int,
        typer.Option(help="Port of 127.0.0.1.", envvar="TAPEDECK_PANEL_PORT", min=1, max=65535),
    ] = 5006,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(
            help="host:port of a proxy whose pages may connect; repeat for several.",
            metavar="HOST:PORT",
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Report the address as one JSON object.")
    ] = False,
) -> None:
    """Serve the dashboard until Ctrl-C: live candles, averages, breakouts and volume.

    It reads `bars`, `indicators` and `signals` from Kafka and the day so far from PostgreSQL when
    there is one. `/readyz` and `/metrics` are served beside the page.
    """
    import json
    import logging
    import os

    os.environ["PANEL_CDN_ROOT"] = (
        "/panelcdn/"  # read when panel is imported: nothing from elsewhere
    )
    from panel_app.server import serve
    from streams.adapters.settings import load_settings

    settings = load_settings()
    logging.basicConfig(
        level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    logging.getLogger("bokeh").setLevel(logging.WARNING)
    # A probe that says "not ready" is no error of the server.
    logging.getLogger("tornado.access").setLevel(logging.CRITICAL)

    def ready(url: str) -> None:
        typer.echo(json.dumps({"url": url}) if as_json else f"dashboard: {url} (Ctrl-C stops it)")

    serve(settings, port, allow_origin or [], ready)
