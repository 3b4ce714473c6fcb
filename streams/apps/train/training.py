"""Training: every symbol with enough bars and all together, into the store, each with its card."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from streams.adapters.models.card import Card
from streams.adapters.models.store import ModelStore
from streams.apps.evaluate.evaluation import about, figures_of, scopes_of, too_few
from streams.apps.train.carding import Made, card_of
from streams.apps.train.classifiers import fit_classifiers
from streams.apps.train.dataset import Dataset
from streams.apps.train.export import classifier_files, forecast_files
from streams.apps.train.forecasting import fit_forecast
from streams.apps.train.recipe import Recipe
from streams.domain.errors import InputError

Report = Callable[[str], None]
_CHECKED = 512
"""Rows on which a file must compute what the trained model does."""


@dataclass(frozen=True, slots=True)
class Job:
    """What to train, for the card and for the store; `length` of a bar in ms."""

    recipe: Recipe
    interval: str
    length: int
    source: str
    indicators: Mapping[str, str]
    """How each indicator is configured, by its name."""
    pooled: bool = True
    alone: bool = True
    validate: bool = True
    """Also walk forward, for the figures of the card; most of the time goes there."""


@dataclass(frozen=True, slots=True)
class Trained:
    """What came of it: a card by scope, and why there is none for the others."""

    cards: dict[str, Card]
    skipped: dict[str, str]


def train(
    data: Dataset, job: Job, store: ModelStore, report: Report, now: Callable[[], float]
) -> Trained:
    """Train, validate and publish, scope by scope; what is published serves at once.

    `now` gives the epoch seconds that the cards are stamped with.
    """
    cards: dict[str, Card] = {}
    skipped = too_few(data) if job.alone else {}
    for scope, part in scopes_of(data, pooled=job.pooled, alone=job.alone):
        try:
            made = make(part, job, about(scope, report))
        except InputError as error:
            skipped[scope] = str(error)
            continue
        created = datetime.fromtimestamp(int(now()), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        card = card_of(made, job.interval, scope, created)
        store.publish(card, made.files)
        cards[scope] = card
        report(f"{scope}: stored {card.version}")
    return Trained(cards, skipped)


def make(data: Dataset, job: Job, report: Report) -> Made:
    """One set of models as files; the same data and recipe give the same bytes.

    Raises InputError when there is too little to learn from.
    """
    recipe, embargo = job.recipe, job.recipe.embargo * job.length
    figures = figures_of(data, recipe, job.length, report) if job.validate else {}
    report("fitting")
    newest = data.newest(recipe.most)
    classifiers = fit_classifiers(newest, recipe, embargo)
    forecast = fit_forecast(newest, recipe, embargo)
    report("exporting")
    inputs = newest.features[-_CHECKED:].astype(np.float32)
    parts = {name: classifier_files(fitted, inputs) for name, fitted in classifiers.items()}
    parts["forecast"] = forecast_files(forecast, inputs)
    files = {name: content for part in parts.values() for name, content in part.items()}
    return Made(newest, recipe, job.source, job.indicators, classifiers, forecast, figures, files)
