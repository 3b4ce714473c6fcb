"""All models of one symbol (or of all together), loaded: rows in, predictions out."""

from collections.abc import Mapping, Sequence

import numpy as np

from streams.adapters.models.arithmetic import (
    calibrated,
    ordered,
    prices,
    units,
    widened,
    with_horizons,
)
from streams.adapters.models.card import Card, check_features
from streams.adapters.models.scores import Floats, Inputs, OnnxScores, Scores
from streams.adapters.models.store import Stored
from streams.domain.features import VOLATILITY, FeatureSet, feature_set
from streams.domain.indicator_row import IndicatorRow
from streams.domain.prediction import Forecast, ModelVote, Prediction, vote_of

Vector = Sequence[float]


class ModelSet:
    """Classifiers and a forecast that look at the same features."""

    def __init__(
        self, card: Card, classifiers: Mapping[str, Scores], forecast: Scores, margin: float
    ) -> None:
        """`margin`: votes are NEUTRAL within so much of a coin's probability."""
        self.card = card
        self.features: FeatureSet = feature_set(card.features.set)
        self._classifiers = classifiers
        self._forecast = forecast
        self._margin = margin

    def vector(self, row: IndicatorRow) -> Vector | None:
        """The features of a row; None while they warm up."""
        return self.features.vector(row)

    def predict(self, rows: Sequence[IndicatorRow], vectors: Sequence[Vector]) -> list[Prediction]:
        """One prediction a row, all rows at once; `vectors` are theirs."""
        inputs = np.array(vectors, np.float32)
        ups = self.probabilities(inputs)
        close = np.array([row.close for row in rows])
        volatility = np.array([row.values[VOLATILITY] for row in rows])
        ranges = self.ranges(inputs, close, volatility)
        return [
            Prediction(
                row.symbol, row.interval, row.start, row.end, row.close,
                self.card.scope, self.card.version,
                self._votes({name: float(found[n]) for name, found in ups.items()}),
                self._forecasts(ranges[n].tolist()),
            )
            for n, row in enumerate(rows)
        ]  # fmt: skip

    def probabilities(self, inputs: Inputs) -> dict[str, Floats]:
        """Calibrated probabilities that the next close is higher, by classifier."""
        found = {}
        for name, scores in self._classifiers.items():
            how = self.card.classifiers[name]
            found[name] = calibrated(scores(inputs)[:, -1], how.slope, how.intercept)
        return found

    def ranges(self, inputs: Inputs, close: Floats, volatility: Floats) -> Floats:
        """Low, median and high price by row and horizon: (rows, horizons, 3)."""
        horizons = self.card.forecast.horizons
        raw = self._forecast(with_horizons(inputs, horizons))
        quantiles = widened(ordered(raw, horizons), self.card.forecast.widen)
        return prices(close, units(volatility, horizons), quantiles)

    def _votes(self, ups: Mapping[str, float]) -> dict[str, ModelVote]:
        """Six decimals: float32 sums differ beyond them by what else was in the portion."""
        ups = {name: round(up, 6) for name, up in ups.items()}
        return {name: ModelVote(vote_of(up, self._margin), up) for name, up in ups.items()}

    def _forecasts(self, found: list[list[float]]) -> list[Forecast]:
        made = self.card.forecast
        return [
            Forecast(horizon, price, low, high, made.level)
            for horizon, (low, price, high) in zip(made.horizons, found, strict=True)
        ]


def load_models(stored: Stored, indicators: Mapping[str, str], margin: float) -> ModelSet:
    """Sessions of a stored set.

    `indicators` says how each one is configured now, by its name. Raises ConfigError when they or
    the features are not those that the models learned from, or a file cannot be used.
    """
    card, where = stored.card, stored.where
    features = feature_set(card.features.set)
    check_features(card, features, relevant(features, indicators), where)
    width = len(features.names)
    classifiers = {
        name: _session(how.file, stored, width) for name, how in card.classifiers.items()
    }
    forecast = _session(card.forecast.file, stored, width + 1)
    return ModelSet(card, classifiers, forecast, margin)


def _session(file: str, stored: Stored, width: int) -> Scores:
    return OnnxScores(stored.files[file], f"{stored.where}: {file}", width)


def relevant(features: FeatureSet, indicators: Mapping[str, str]) -> dict[str, str]:
    """How the indicators are configured that the features are made from."""
    return {name: indicators[name] for name in features.needs if name in indicators}
