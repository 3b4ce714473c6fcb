"""`tapedeck schemas`: the JSON Schemas of the topics."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(schemas)


def schemas(
    directory: Annotated[
        Path | None, typer.Argument(help="Write one TOPIC.json each here; without it, print them.")
    ] = None,
) -> None:
    """Print or write the JSON Schemas of the topics' messages.

    Example: `tapedeck schemas infra/schemas`
    """
    from streams.adapters.schemas import schemas as texts

    for topic, text in texts().items():
        if directory is None:
            Console().print(text, markup=False, highlight=False, soft_wrap=True, end="")
        else:
            directory.mkdir(parents=True, exist_ok=True)
            (directory / f"{topic}.json").write_text(text)
