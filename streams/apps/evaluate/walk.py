"""The walk-forward: at each fold models are trained on the past, and asked about what came next.

Beside them stand baselines that anybody can have for nothing: `chance`, a coin; `majority`, the
direction that was more frequent in the training; `last`, the direction of the last bar again. Their
probabilities are 0.5, the training's share of rises, and that share after a rise or after a fall.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streams.adapters.models.arithmetic import units
from streams.apps.train.classifiers import fit_classifiers
from streams.apps.train.dataset import NEVER, Dataset, Floats, Ints, Mask
from streams.apps.train.forecasting import fit_forecast, targets
from streams.apps.train.recipe import QUANTILES, Recipe
from streams.domain.prediction import CLASSIFIERS
from streams.domain.walk_forward import Fold, walk_forward

BASELINES = ("chance", "majority", "last")
Progress = Callable[[str], None]
Signs = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Votes:
    """What was said about each tested bar: a probability of UP, and the vote: 1, -1, or 0.

    `sure` is the direction that the model finds likelier even where it does not vote.
    """

    probability: Floats
    vote: Signs
    sure: Signs


@dataclass(frozen=True, slots=True)
class Ranges:
    """Forecasts of all tested bars whose outcome is known at every horizon, in units.

    `quantiles` and `plain` (bars, horizons, 3): the model's, and those of the training's returns
    alone; `truth` and `unit` (bars, horizons), where a log return is truth * unit.
    """

    known: Ints
    truth: Floats
    unit: Floats
    quantiles: Floats
    plain: Floats


@dataclass(frozen=True, slots=True)
class Walk:
    """The tested bars after which the price moved, what became of them, and what was said."""

    known: Ints
    code: NDArray[np.int32]
    up: NDArray[np.int8]
    next_return: Floats
    said: dict[str, Votes]
    ranges: Ranges
    unchanged: int
    """Tested bars that are left out of the votes: the next close was the same."""


def walk(data: Dataset, recipe: Recipe, bar_ms: int, progress: Progress) -> Walk:
    """Raises InputError when there are too few bars for a fold."""
    embargo = recipe.embargo * bar_ms
    known = data.known[data.decided[:, 0] != NEVER]
    folds = walk_forward(known.tolist(), recipe.folds, embargo=embargo)
    parts = []
    for number, fold in enumerate(folds, 1):
        progress(f"fold {number} of {len(folds)}")
        parts.append(_fold(data, fold, recipe, embargo))
    return _joined(parts)


def _fold(data: Dataset, fold: Fold, recipe: Recipe, embargo: int) -> Walk:
    """Train before it, test within it."""
    farthest = data.horizons.index(max(recipe.horizons))
    tested = data.take((data.known >= fold.start) & (data.known < fold.end))
    train = data.take(data.decided[:, 0] < fold.train_until).newest(recipe.most)
    asked = tested.take(tested.moved)
    inputs = asked.features.astype(np.float32)
    said = {
        name: votes_of(fitted.probability(inputs), recipe.margin)
        for name, fitted in fit_classifiers(train, recipe, embargo).items()
    }
    said |= _baselines(train.take(train.moved), asked)
    far = data.take(data.decided[:, farthest] < fold.train_until).newest(recipe.most)
    unchanged = int((tested.decided[:, 0] != NEVER).sum()) - len(asked)
    return Walk(
        asked.known, asked.code, asked.up, asked.next_return, said,
        _ranges(far, tested.take(tested.decided[:, farthest] != NEVER), recipe, embargo), unchanged,
    )  # fmt: skip


def votes_of(probability: Floats, margin: float) -> Votes:
    """The votes as `streams.domain.prediction.vote_of` gives them."""
    up = (probability >= 0.5 + margin) & (probability > 0.5)
    down = (probability <= 0.5 - margin) & (probability < 0.5)
    vote = np.where(up, 1, np.where(down, -1, 0)).astype(np.int8)
    return Votes(probability, vote, np.where(probability > 0.5, 1, -1).astype(np.int8))


def _baselines(train: Dataset, asked: Dataset) -> dict[str, Votes]:
    count = len(asked)
    share = float(train.up.mean())
    most = np.full(count, 1 if share > 0.5 else -1, np.int8)
    nobody = np.zeros(count, np.int8)
    before, last = np.sign(train.last_return), np.sign(asked.last_return)
    after = np.full(count, share)
    for sign in (1, -1):
        same: Mask = before == sign
        after[last == sign] = (train.up[same].sum() + 1) / (same.sum() + 2)
    again = np.where(last == 0, most, last).astype(np.int8)
    return {
        "chance": Votes(np.full(count, 0.5), nobody, nobody),
        "majority": Votes(np.full(count, share), most, most),
        "last": Votes(after, again, again),
    }


def _ranges(train: Dataset, asked: Dataset, recipe: Recipe, embargo: int) -> Ranges:
    horizons = recipe.horizons
    plain = np.quantile(targets(train, horizons), QUANTILES, axis=0).T
    fitted = fit_forecast(train, recipe, embargo)
    return Ranges(
        asked.known,
        targets(asked, horizons),
        units(asked.volatility, horizons),
        fitted.quantiles(asked.features.astype(np.float32)),
        np.broadcast_to(plain, (len(asked), *plain.shape)),
    )


def _joined(parts: list[Walk]) -> Walk:
    ranges = [part.ranges for part in parts]
    return Walk(
        np.concatenate([part.known for part in parts]),
        np.concatenate([part.code for part in parts]),
        np.concatenate([part.up for part in parts]),
        np.concatenate([part.next_return for part in parts]),
        {name: _joined_votes(parts, name) for name in (*CLASSIFIERS, *BASELINES)},
        Ranges(
            np.concatenate([each.known for each in ranges]),
            np.concatenate([each.truth for each in ranges]),
            np.concatenate([each.unit for each in ranges]),
            np.concatenate([each.quantiles for each in ranges]),
            np.concatenate([each.plain for each in ranges]),
        ),
        sum(part.unchanged for part in parts),
    )


def _joined_votes(parts: list[Walk], name: str) -> Votes:
    said = [part.said[name] for part in parts]
    return Votes(
        np.concatenate([each.probability for each in said]),
        np.concatenate([each.vote for each in said]),
        np.concatenate([each.sure for each in said]),
    )
