"""The forecast of the close several bars ahead: XGBoost quantile regression with honest intervals.

The target is the log return over the horizon in units of volatility * sqrt(horizon), so that one
model serves every symbol and horizon; the horizon is a feature. The interval's ends are then moved
by what a held-out newer part shows, so that it holds the share of cases that it says: conformalized
quantile regression (Romano, Patterson, Candès, NeurIPS 2019), for each horizon on its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from streams.adapters.models.arithmetic import ordered, units, widened, with_horizons
from streams.adapters.models.scores import Floats, Inputs
from streams.apps.train.classifiers import calibration_split
from streams.apps.train.dataset import NEVER, Dataset
from streams.apps.train.recipe import LEVEL, QUANTILES, Recipe
from streams.domain.errors import InputError

_LEAST = 40
"""Bars of each horizon without which nothing can be fitted."""


@dataclass(frozen=True, slots=True)
class FittedForecast:
    """The trained model, and by how much the interval is widened at each horizon."""

    model: Any
    horizons: tuple[int, ...]
    widen: tuple[float, ...]
    parameters: Mapping[str, Any]

    def quantiles(self, inputs: Inputs) -> Floats:
        """Low, median, high in units: (rows, horizons, 3), as `ModelSet.ranges` computes them."""
        return widened(sorted_quantiles(self.model, inputs, self.horizons), self.widen)


def sorted_quantiles(model: Any, inputs: Inputs, horizons: Sequence[int]) -> Floats:
    """What the model gives, (rows, horizons, 3)."""
    raw = np.asarray(model.inplace_predict(with_horizons(inputs, horizons)), np.float64)
    return ordered(raw, horizons)


def targets(data: Dataset, horizons: Sequence[int]) -> Floats:
    """Log returns in units, (samples, horizons); NaN where the later close is not known."""
    columns = [data.horizons.index(h) for h in horizons]
    returns = np.log(data.later[:, columns] / data.close[:, None])
    return np.asarray(returns / units(data.volatility, horizons), np.float64)


def fit_forecast(data: Dataset, recipe: Recipe, embargo: int) -> FittedForecast:
    """Fit on the older part, widen by the newer; raises InputError when there is too little."""
    import xgboost

    horizons = recipe.horizons
    farthest = data.horizons.index(max(horizons))
    data = data.take(data.decided[:, farthest] != NEVER)
    older, newer = calibration_split(_by_farthest(data, farthest), recipe, embargo)
    if min(len(older), len(newer)) < _LEAST:
        raise InputError(
            f"expected {_LEAST} bars to learn forecasts from and {_LEAST} to widen their intervals "
            f"with, was {len(older)} and {len(newer)}"
        )
    size = recipe.sizes["forecast"]
    parameters = {
        **size, "objective": "reg:quantileerror", "quantile_alpha": list(QUANTILES),
        "seed": recipe.seed, "nthread": 1,
    }  # fmt: skip
    rounds = parameters.pop("rounds")
    inputs = with_horizons(older.features.astype(np.float32), horizons)
    matrix = xgboost.DMatrix(inputs, targets(older, horizons).ravel(), nthread=1)
    model = xgboost.train(parameters, matrix, rounds)
    return FittedForecast(model, horizons, _widen(model, newer, horizons), size)


def _by_farthest(data: Dataset, farthest: int) -> Dataset:
    """The same, but decided when the farthest horizon is: that is what must not overlap."""
    return Dataset(
        data.symbols, data.horizons, data.code, data.features, data.known, data.close,
        data.volatility, data.last_return, data.later,
        np.repeat(data.decided[:, farthest : farthest + 1], data.decided.shape[1], axis=1),
    )  # fmt: skip


def _widen(model: Any, newer: Dataset, horizons: Sequence[int]) -> tuple[float, ...]:
    """For each horizon the LEVEL quantile of how far outside its interval the truth was."""
    found = sorted_quantiles(model, newer.features.astype(np.float32), horizons)
    truth = targets(newer, horizons)
    outside = np.maximum(found[:, :, 0] - truth, truth - found[:, :, 2])
    share = min(1.0, LEVEL * (1 + 1 / len(newer)))
    return tuple(float(end) for end in np.quantile(outside, share, axis=0))
