"""The four classifiers, fitted and calibrated: the direction of the next bar.

Each learns from the older part of its data; how its scores become probabilities is learned from the
newer part (Platt, "Probabilistic Outputs for Support Vector Machines", 1999), which lies after it
with the labels of the border purged. A score that says nothing is calibrated to the base rate.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streams.adapters.models.arithmetic import calibrated, logit
from streams.adapters.models.scores import Floats, Inputs
from streams.apps.train.dataset import Dataset
from streams.apps.train.recipe import Recipe
from streams.apps.train.threads import one_thread
from streams.domain.errors import InputError
from streams.domain.prediction import CLASSIFIERS

Labels = NDArray[np.int8]
_LEAST = 20
"""Bars of each direction without which nothing can be fitted."""
_COINS = 100
_EDGE = 0.2


@dataclass(frozen=True, slots=True)
class Fitted:
    """A trained classifier and its calibration; `model` is the library's own."""

    name: str
    model: Any
    slope: float
    intercept: float
    parameters: Mapping[str, Any]

    def probability(self, inputs: Inputs) -> Floats:
        """That the next close is higher."""
        return calibrated(raw_scores(self.model, inputs), self.slope, self.intercept)


def raw_scores(model: Any, inputs: Inputs) -> Floats:
    """What the model itself takes for the probability of UP."""
    found = model.predict_proba(inputs) if hasattr(model, "predict_proba") else None
    if found is None:
        return np.asarray(model.inplace_predict(inputs), np.float64)
    return np.asarray(found[:, 1], np.float64)


def fit_classifiers(data: Dataset, recipe: Recipe, embargo: int) -> dict[str, Fitted]:
    """All four on the bars after which the price moved; `embargo` in ms.

    Raises InputError when there are too few of them.
    """
    data = data.take(data.moved)
    older, newer = calibration_split(data, recipe, embargo)
    for part, what in ((older, "learn from"), (newer, "calibrate with")):
        ups = int(part.up.sum())
        if min(ups, len(part) - ups) < _LEAST:
            raise InputError(
                f"expected {_LEAST} bars before a rise and {_LEAST} before a fall to {what}, "
                f"was {ups} and {len(part) - ups}"
            )
    with one_thread():
        return {name: _fit(name, older, newer, recipe) for name in CLASSIFIERS}


def calibration_split(data: Dataset, recipe: Recipe, embargo: int) -> tuple[Dataset, Dataset]:
    """The older part without labels that reach into the newer one, and the newer one."""
    moments = np.unique(data.known)
    at = int(len(moments) * (1 - recipe.calibration_share))
    if not 0 < at < len(moments):
        raise InputError(f"expected more bars to calibrate with, was {len(moments)}")
    border = int(moments[at])
    return data.take(data.decided[:, 0] < border - embargo), data.take(data.known >= border)


def _fit(name: str, older: Dataset, newer: Dataset, recipe: Recipe) -> Fitted:
    parameters = recipe.sizes[name]
    fit: Callable[[Inputs, Labels, Mapping[str, Any], int], Any] = _FITS[name]
    model = fit(older.features.astype(np.float32), older.up, parameters, recipe.seed)
    scores = raw_scores(model, newer.features.astype(np.float32))
    slope, intercept = platt(scores, newer.up)
    return Fitted(name, model, slope, intercept, parameters)


def platt(scores: Floats, up: Labels) -> tuple[float, float]:
    """Slope and intercept; the slope is never negative: upside down is no calibration.

    With a prior of no edge, so that few bars promise little: the base rate as if a coin had been
    seen `_COINS` times before, the slope normal around 0, `_EDGE` wide for a standard deviation of
    the scores' log odds.
    """
    from sklearn.linear_model import LogisticRegression

    odds = logit(scores)
    spread = float(odds.std())
    weights = np.concatenate([np.ones(len(up)), np.full(2, _COINS / 2)])
    seen = np.concatenate([up, [0, 1]])
    if spread > 0:
        inputs = np.concatenate([odds / spread, np.zeros(2)])[:, None]
        model = LogisticRegression(C=_EDGE**2, max_iter=500)
        fitted = model.fit(inputs, seen, sample_weight=weights)
        slope = float(fitted.coef_[0, 0]) / spread
        if slope > 0:
            return slope, float(fitted.intercept_[0])
    return 0.0, float(logit(np.array([np.average(seen, weights=weights)]))[0])


def _xgboost(inputs: Inputs, up: Labels, size: Mapping[str, Any], seed: int) -> Any:
    import xgboost

    parameters = {**size, "objective": "binary:logistic", "seed": seed, "nthread": 1}
    rounds = parameters.pop("rounds")
    return xgboost.train(parameters, xgboost.DMatrix(inputs, up, nthread=1), rounds)


def _forest(inputs: Inputs, up: Labels, size: Mapping[str, Any], seed: int) -> Any:
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(**size, random_state=seed, n_jobs=1).fit(inputs, up)


def _adaboost(inputs: Inputs, up: Labels, size: Mapping[str, Any], seed: int) -> Any:
    from sklearn.ensemble import AdaBoostClassifier
    from sklearn.tree import DecisionTreeClassifier

    stump = DecisionTreeClassifier(max_depth=1, min_samples_leaf=0.02)
    return AdaBoostClassifier(stump, random_state=seed, **size).fit(inputs, up)


def _logistic(inputs: Inputs, up: Labels, size: Mapping[str, Any], seed: int) -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(**size, max_iter=500)).fit(inputs, up)


_FITS = {"xgboost": _xgboost, "forest": _forest, "adaboost": _adaboost, "logistic": _logistic}
