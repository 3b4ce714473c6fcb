"""How models are made: what can be chosen, and the sizes of the models."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

LEVEL = 0.9
"""The share of cases that a forecast's interval is made to hold."""
QUANTILES = ((1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2)
LEAST_SAMPLES = 800
"""Fewer bars than this teach nothing that would hold: such a symbol has no models of its own."""

_SIZES: Mapping[str, Mapping[str, Any]] = {
    # Shallow and slow learners: financial returns have little signal, and deep trees learn noise.
    "xgboost": {
        "rounds": 60, "max_depth": 3, "eta": 0.05, "subsample": 0.7, "min_child_weight": 20,
    },
    "forest": {"n_estimators": 60, "max_depth": 5, "min_samples_leaf": 0.02, "max_samples": 0.6},
    "adaboost": {"n_estimators": 30, "learning_rate": 0.5},
    "logistic": {"C": 0.05},
    "forecast": {
        "rounds": 60, "max_depth": 3, "eta": 0.1, "subsample": 0.7, "min_child_weight": 20,
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything but the data that decides what comes out; the same recipe, the same models."""

    features: str = "scale_free"
    horizons: tuple[int, ...] = (1, 3, 12)
    folds: int = 5
    embargo: int = 10
    """Bars between the last label of a training and the first bar of its test."""
    margin: float = 0.02
    costs: float = 0.0002
    """Of a trade there and back, as a fraction of the price; 0.0002 is 2 basis points."""
    calibration_share: float = 0.2
    """The newest share of the training, kept from the trees to calibrate them with."""
    most: int = 60_000
    """Samples of one training at most, the newest."""
    draws: int = 1_000
    """Of the bootstrap behind the intervals."""
    seed: int = 1
    sizes: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: _SIZES)
