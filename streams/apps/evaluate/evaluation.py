"""The evaluation of what can be learned from some data: every symbol, and all together."""

from collections.abc import Callable, Iterator
from typing import Any

from streams.apps.evaluate.intervals import Blocks
from streams.apps.evaluate.scores import Figures, forecast_figures, vote_figures
from streams.apps.evaluate.walk import walk
from streams.apps.train.dataset import Dataset
from streams.apps.train.recipe import LEAST_SAMPLES, Recipe
from streams.domain.errors import InputError
from streams.domain.prediction import POOLED

Report = Callable[[str], None]
INTERVALS = (
    "95 %: shares of one symbol by Wilson, all else by a circular block bootstrap over moments"
)


def figures_of(data: Dataset, recipe: Recipe, bar_ms: int, report: Report) -> Figures:
    """The walk-forward of one scope; raises InputError when there are too few bars."""
    walked = walk(data, recipe, bar_ms, report)
    blocks = Blocks.of(walked.known, seed=recipe.seed, draws=recipe.draws)
    return {
        "samples": len(data),
        "tested": len(walked.known),
        "unchanged": walked.unchanged,
        "from_ms": int(walked.known.min()),
        "to_ms": int(walked.known.max()),
        "ups": float(walked.up.mean()),
        "models": vote_figures(walked, recipe, blocks),
        "forecasts": forecast_figures(walked, recipe),
    }


def scopes_of(
    data: Dataset, *, pooled: bool = True, alone: bool = True
) -> Iterator[tuple[str, Dataset]]:
    """Each symbol with enough bars, then all of them where there are several."""
    counts = data.counts()
    if alone:
        for symbol, count in counts.items():
            if count >= LEAST_SAMPLES:
                yield symbol, data.of(symbol)
    if pooled and len(counts) > 1 and len(data) >= LEAST_SAMPLES:
        yield POOLED, data


def about(scope: str, report: Report) -> Report:
    """The same, with the scope before what is said."""
    return lambda text: report(f"{scope}: {text}")


def too_few(data: Dataset) -> dict[str, str]:
    """The symbols that cannot have models of their own, and why."""
    return {
        symbol: f"expected {LEAST_SAMPLES} bars with every feature, was {count}"
        for symbol, count in data.counts().items()
        if count < LEAST_SAMPLES
    }


def evaluate(
    data: Dataset, recipe: Recipe, bar_ms: int, report: Report, *, pooled: bool, alone: bool
) -> dict[str, Any]:
    """Figures by scope, and why a scope has none."""
    scopes: dict[str, Any] = {}
    skipped = too_few(data) if alone else {}
    for scope, part in scopes_of(data, pooled=pooled, alone=alone):
        try:
            scopes[scope] = figures_of(part, recipe, bar_ms, about(scope, report))
        except InputError as error:
            skipped[scope] = str(error)
    return {"scopes": scopes, "skipped": skipped}
