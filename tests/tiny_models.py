"""Models that are trained in a moment, for tests."""

from collections.abc import Iterator

from streams.adapters.models.wiring import configured
from streams.apps.train.dataset import Dataset, dataset_of
from streams.apps.train.recipe import Recipe
from streams.apps.train.training import Job
from streams.domain.analysis import Analysis
from streams.domain.features import SCALE_FREE
from tests.random_market import LENGTH, rows_of

TINY = Recipe(
    horizons=(1, 3),
    folds=2,
    draws=300,
    sizes={
        "xgboost": {"rounds": 8, "max_depth": 2, "eta": 0.2},
        "forest": {"n_estimators": 8, "max_depth": 3, "min_samples_leaf": 0.05},
        "adaboost": {"n_estimators": 5},
        "logistic": {"C": 0.05},
        "forecast": {"rounds": 8, "max_depth": 2, "eta": 0.3},
    },
)


def data_of(closes: Iterator[float], symbol: str = "A", recipe: Recipe = TINY) -> Dataset:
    """What the rows of these closes teach."""
    return dataset_of(rows_of(closes, symbol), SCALE_FREE, recipe.horizons)


def job(recipe: Recipe = TINY, *, validate: bool = False) -> Job:
    indicators = configured(Analysis.of("seeded").indicators)
    return Job(recipe, "5m", LENGTH, "a test", indicators, validate=validate)
