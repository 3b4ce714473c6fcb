"""`tapedeck train` and `tapedeck evaluate`: models, and what they are worth."""

import json
import os
import sys
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.cli.learn_options import LearnOptions, learns
from streams.cli.learn_progress import LearnReporter, learn_reporter
from streams.cli.learn_tables import show_figures, show_trained
from streams.domain.errors import ConfigError

if TYPE_CHECKING:
    from streams.apps.train.sources import Source

_TRAIN = """
Examples:

  tapedeck train

  tapedeck train --interval 1m --symbols 'A*,MSFT' --no-pooled

  tapedeck train --symbol BTC candles.csv.gz
"""
_EVALUATE = """
Examples:

  tapedeck evaluate

  tapedeck evaluate --symbol BTC --costs 1 candles.csv.gz

  tapedeck evaluate --features baseline --json trades.csv.gz
"""
Files = Annotated[
    list[str] | None,
    typer.Argument(
        help="Files to learn from, as for replay; without any: the archive.", show_default=False
    ),
]
FromDb = Annotated[
    bool, typer.Option("--from-db", help="Learn from the archive; so it is without a FILE.")
]
Validate = Annotated[
    bool,
    typer.Option(help="Walk forward, for the figures of the model cards; takes most of the time."),
]
Background = Annotated[
    bool, typer.Option("--background", help="At the lowest priority; starts no service.")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("train", epilog=_TRAIN)(learns(_train))
    app.command("evaluate", epilog=_EVALUATE)(learns(_evaluate))


def _train(
    files: Files = None,
    from_db: FromDb = False,
    validate: Validate = True,
    background: Background = False,
    *,
    how: LearnOptions,
    json_: Json = False,
) -> None:
    """Train models on stored indicators, or on files; run predict takes them up by itself.

    Four classifiers of the next bar's direction and a forecast of the close: for each symbol with
    at least 800 bars that have every feature, and for all symbols together. They are stored in
    TAPEDECK_MODELS, each set with a model card. Files go through the same code as in the pipelines,
    and nothing is sent anywhere.
    """
    if background:
        os.nice(19)
    with learn_reporter("train") as said:
        result = _trained(files or [], from_db, how, (validate, background), said)
    if json_:
        sys.stdout.write(json.dumps(result) + "\n")
    else:
        show_trained(result)
    if not result["trained"]:
        raise typer.Exit(1)


def _evaluate(
    files: Files = None, from_db: FromDb = False, *, how: LearnOptions, json_: Json = False
) -> None:
    """What such models are worth on stored indicators or on files: a purged walk-forward.

    At each fold models are trained on the past alone and asked about what follows. Every figure
    has a 95 % interval and stands beside a coin's, the majority's and the last direction's. Stored
    models are neither used nor changed.
    """
    with learn_reporter("evaluate") as said:
        result = _evaluated(files or [], from_db, how, said)
    if json_:
        sys.stdout.write(json.dumps(result, allow_nan=False) + "\n")
    else:
        show_figures(result)
    if not result["scopes"]:
        raise typer.Exit(1)


def _trained(
    files: list[str],
    from_db: bool,
    how: LearnOptions,
    switches: tuple[bool, bool],
    said: LearnReporter,
) -> dict[str, Any]:
    from streams.adapters.models.store import ModelStore, models_folder

    source = _source(files, from_db, how, background=switches[1])
    store = ModelStore(models_folder(source.settings))
    store.check()
    data, interval = source.data(said.read)
    from streams.adapters.models.wiring import configured
    from streams.apps.train.training import Job, train
    from streams.domain.interval import interval_ms

    job = Job(
        source.recipe, interval, interval_ms(interval), source.name,
        configured(source.indicators), how.recipe.pooled, how.recipe.alone, switches[0],
    )  # fmt: skip
    trained = train(data, job, store, said.say, time.time)
    from streams.adapters.models.card import plain

    return {
        "interval": interval,
        "folder": str(store.folder),
        "source": source.name,
        "trained": {scope: plain(card) for scope, card in trained.cards.items()},
        "skipped": trained.skipped,
    }


def _evaluated(
    files: list[str], from_db: bool, how: LearnOptions, said: LearnReporter
) -> dict[str, Any]:
    source = _source(files, from_db, how, background=False)
    data, interval = source.data(said.read)
    from streams.apps.evaluate.evaluation import INTERVALS, evaluate
    from streams.domain.interval import interval_ms

    asked = how.recipe
    found = evaluate(
        data, source.recipe, interval_ms(interval), said.say,
        pooled=asked.pooled, alone=asked.alone,
    )  # fmt: skip
    return {
        "interval": interval,
        "source": source.name,
        "features": asked.features,
        "folds": asked.folds,
        "embargo": asked.embargo,
        "costs": source.recipe.costs,
        "margin": source.recipe.margin,
        "intervals": INTERVALS,
        **found,
    }


def _source(files: list[str], from_db: bool, how: LearnOptions, *, background: bool) -> "Source":
    """What to learn from; raises ConfigError when the options do not fit each other."""
    from streams.adapters.models.extra import TRAINING, require
    from streams.adapters.settings import load_settings
    from streams.apps.train.sources import Source
    from streams.cli.database_url import database_url

    if files and from_db:
        raise ConfigError("--from-db: expected no FILE with it, was both")
    settings = load_settings()
    require(TRAINING)
    request = how.tape.request(files)
    recipe = how.chosen(settings.vote_margin)
    url = None
    if not files:
        from streams.adapters.endpoints import database_address

        url = database_address(settings) if background else database_url(settings)
    return Source(settings, request, recipe, how.recipe.interval, url)
