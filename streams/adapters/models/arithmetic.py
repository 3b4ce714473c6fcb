"""From raw scores to probabilities and prices: the same few lines in training and in serving."""

from collections.abc import Sequence

import numpy as np

from streams.adapters.models.scores import Floats, Inputs

_EDGE = 1e-6
_FURTHEST = 10.0
"""Nobody forecasts a price to grow by more than e to this power; and JSON knows no infinity."""


def logit(score: Floats) -> Floats:
    """Log odds; scores of 0 and 1 are moved off the edge."""
    inside = np.clip(score, _EDGE, 1 - _EDGE)
    return np.asarray(np.log(inside / (1 - inside)), np.float64)


def calibrated(score: Floats, slope: float, intercept: float) -> Floats:
    """Platt's scaling of a raw score (Advances in Large Margin Classifiers, 1999)."""
    return np.asarray(1 / (1 + np.exp(-(slope * logit(score) + intercept))), np.float64)


def with_horizons(inputs: Inputs, horizons: Sequence[int]) -> Inputs:
    """Each row once per horizon, row by row, with log2(horizon) as one more feature."""
    repeated = np.repeat(inputs, len(horizons), axis=0)
    column = np.tile(np.log2(np.asarray(horizons, np.float32)), len(inputs))
    return np.column_stack([repeated, column]).astype(np.float32, copy=False)


def units(volatility: Floats, horizons: Sequence[int]) -> Floats:
    """What a forecast is measured in, (rows, horizons): volatility * sqrt(horizon)."""
    scale = np.sqrt(np.asarray(horizons, np.float64))
    return np.asarray(volatility[:, None] * scale[None, :], np.float64)


def ordered(raw: Floats, horizons: Sequence[int]) -> Floats:
    """What a model gives row by row as (rows, horizons, 3), quantiles that cross put in order."""
    return np.sort(raw.reshape(-1, len(horizons), 3), axis=2)


def widened(quantiles: Floats, widen: Sequence[float]) -> Floats:
    """The ends moved out, for each horizon; where they are moved in, not across the median."""
    by = np.asarray(widen, np.float64)[None, :]
    middle = quantiles[:, :, 1]
    low = np.minimum(quantiles[:, :, 0] - by, middle)
    high = np.maximum(quantiles[:, :, 2] + by, middle)
    return np.stack([low, middle, high], axis=2)


def prices(close: Floats, unit: Floats, quantiles: Floats) -> Floats:
    """Prices (rows, horizons, quantiles) of log returns in units."""
    grown = np.clip(quantiles * unit[:, :, None], -_FURTHEST, _FURTHEST)
    return np.asarray(close[:, None, None] * np.exp(grown), np.float64)
