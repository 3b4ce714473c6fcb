"""`tapedeck schemas`: the JSON Schemas of topics and events, and what else describes events."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(schemas)


def schemas(
    directory: Annotated[
        Path | None,
        typer.Argument(help="Write one TOPIC.json and EVENT.json each here; without it, print."),
    ] = None,
    event_types: Annotated[
        Path | None,
        typer.Option(help="Write Knative's EventTypes, as YAML, to this file.", metavar="FILE"),
    ] = None,
    catalogue: Annotated[
        Path | None,
        typer.Option(help="Write the page of all events, as Markdown, here.", metavar="FILE"),
    ] = None,
) -> None:
    """Print or write the JSON Schemas of the topics' messages and of the events' data.

    Example: `tapedeck schemas infra/schemas`
    """
    from streams.adapters.event_catalogue import event_schemas
    from streams.adapters.event_pages import catalogue_page
    from streams.adapters.event_pages import event_types as types
    from streams.adapters.schemas import schemas as topics

    wanted = [(event_types, types), (catalogue, catalogue_page)]
    pages = {file: make() for file, make in wanted if file is not None}
    texts = {**topics(), **event_schemas()}
    if directory is not None:
        pages |= {directory / f"{name}.json": text for name, text in texts.items()}
    for file, text in pages.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    if not pages:
        Console().print(
            *texts.values(), sep="", markup=False, highlight=False, soft_wrap=True, end=""
        )
