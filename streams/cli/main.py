"""The one command `tapedeck`. Subcommands import what they run only when they run."""

import logging
import sys
from typing import NoReturn

import typer
from rich.console import Console

from streams.cli import (
    backtest,
    bench,
    database,
    demo,
    feed,
    generate,
    models,
    notify,
    operations,
    panel,
    replay,
    rules,
    run,
    schemas,
    serve,
    services,
)
from streams.domain.errors import TapedeckError

app = typer.Typer(
    name="tapedeck",
    help="Tapedeck turns market ticks into signals that reach people.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _module in (
    demo,
    services,
    run,
    serve,
    panel,
    replay,
    generate,
    feed,
    database,
    rules,
    backtest,
    models,
    operations,
    notify,
    bench,
    schemas,
):
    _module.register(app)


@app.callback()
def _root() -> None:
    """Tapedeck turns market ticks into signals that reach people."""


def main() -> None:
    """Run the command line: 0 done, 1 failed, 2 wrong use; an expected error is one clear line."""
    logging.captureWarnings(True)
    try:
        app()
    except TapedeckError as error:
        _fail(error, error.exit_code)
    except OSError as error:  # no space, no permission: the machine's fault, not the program's
        _fail(error, TapedeckError.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except SystemError as error:  # what Ctrl-C becomes when it falls into a call of a C library
        if not isinstance(error.__cause__, KeyboardInterrupt):
            raise
        sys.exit(130)


def _fail(error: Exception, code: int) -> NoReturn:
    text = f"tapedeck: {error}"
    Console(stderr=True).print(text, style="red", markup=False, highlight=False, soft_wrap=True)
    sys.exit(code)
