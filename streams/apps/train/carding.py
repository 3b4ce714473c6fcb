"""The card of what was trained."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import msgspec

from streams.adapters.models.card import FORMAT, Card, Classifier, Features, Quantiles, Span
from streams.adapters.models.model_set import relevant
from streams.apps.train.classifiers import Fitted
from streams.apps.train.dataset import NEVER, Dataset
from streams.apps.train.forecasting import FittedForecast
from streams.apps.train.recipe import LEVEL, Recipe
from streams.domain.features import feature_set

_LIBRARIES = ("tapedeck", "numpy", "scikit-learn", "xgboost-cpu", "onnx", "skl2onnx", "onnxruntime")


@dataclass(frozen=True, slots=True)
class Made:
    """One set of models: what it learned from, the models, and their files."""

    data: Dataset
    recipe: Recipe
    source: str
    indicators: Mapping[str, str]
    classifiers: Mapping[str, Fitted]
    forecast: FittedForecast
    figures: dict[str, Any]
    files: Mapping[str, bytes]
    """`NAME.onnx` of every model, and XGBoost's own JSON of its own."""


def card_of(made: Made, interval: str, scope: str, created: str) -> Card:
    """The card; its version is a function of the data and of the files' content."""
    features = feature_set(made.recipe.features)
    card = Card(
        format=FORMAT,
        version="",
        interval=interval,
        scope=scope,
        created=created,
        data=_span(made.data, made.source),
        features=Features(
            features.name,
            features.version,
            features.names,
            relevant(features, made.indicators),
        ),
        classifiers={
            name: Classifier(f"{name}.onnx", each.slope, each.intercept, dict(each.parameters))
            for name, each in made.classifiers.items()
        },
        forecast=Quantiles(
            "forecast.onnx",
            made.forecast.horizons,
            LEVEL,
            made.forecast.widen,
            dict(made.forecast.parameters),
        ),
        figures=made.figures,
        versions=_versions(),
        files={name: sha256(content).hexdigest() for name, content in sorted(made.files.items())},
    )
    return msgspec.structs.replace(card, version=_version(card))


def _span(data: Dataset, source: str) -> Span:
    """The newest label is that of the farthest horizon that is known."""
    known = data.decided[data.decided != NEVER]
    return Span(
        first=int(data.known.min()),
        last=int(max(known.max(), data.known.max())),
        samples=len(data),
        unchanged=int(((data.decided[:, 0] != NEVER) & ~data.moved).sum()),
        symbols=data.counts(),
        source=source,
    )


def _version(card: Card) -> str:
    """When the data ends, and a hash of what was learned; names that sort by time."""
    moment = datetime.fromtimestamp(card.data.last // 1_000, UTC).strftime("%Y%m%dT%H%M")
    learned = msgspec.structs.replace(card, created="", figures={}, versions={})
    digest = sha256(msgspec.json.encode(learned, order="sorted")).hexdigest()
    return f"{moment}-{digest[:12]}"


def _versions() -> dict[str, str]:
    found = {}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # run from the sources, or another build of the same library
            found[name] = "unknown"
    return found
