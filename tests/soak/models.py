"""Models on 200 random walks: no edge, and intervals that cover chance as often as they should.

The models of `tapedeck train`, whole. With them a planted edge, which must be found.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import comb
from typing import Any

from streams.apps.evaluate.evaluation import figures_of
from streams.apps.evaluate.walk import BASELINES
from streams.apps.train.recipe import Recipe
from streams.domain.prediction import CLASSIFIERS
from tests.random_market import LENGTH, random_walk, reverting
from tests.tiny_models import data_of

SEEDS, BARS = 200, 1_500
EDGES, EDGE_BARS, STRENGTH = 10, 4_000, 0.4
# A fault that happens by chance once in a thousand soaks, for each of the ten checks.
_CHANCE = 1e-3
_RECIPE = Recipe()


@dataclass(frozen=True, slots=True)
class Evaluated:
    """The figures of one walk."""

    what: str
    seed: int
    figures: dict[str, Any]

    def __str__(self) -> str:
        models = self.figures["models"]
        told = "  ".join(f"{name} {models[name]['accuracy']:.3f}" for name in CLASSIFIERS)
        return f"{self.what:12} {self.seed:4}  {told}"


def evaluated(seeds: int, edges: int) -> Iterator[Evaluated]:
    """Random walks, then walks with an edge."""
    for seed in range(seeds):
        yield _evaluated("random walk", seed, random_walk(BARS, seed))
    for seed in range(edges):
        yield _evaluated("edge", seed, reverting(EDGE_BARS, seed, STRENGTH))


def _evaluated(what: str, seed: int, closes: Iterator[float]) -> Evaluated:
    data = data_of(closes, recipe=_RECIPE)
    return Evaluated(what, seed, figures_of(data, _RECIPE, LENGTH, _silent))


def model_faults(done: list[Evaluated]) -> list[str]:
    """What is not as it should be."""
    walks = [each.figures for each in done if each.what == "random walk"]
    faults = [fault for name in (*CLASSIFIERS, *BASELINES[1:]) for fault in _uncovered(walks, name)]
    for name, found in edges_found(done).items():
        if found > most_at(len(walks), 0.05 / len(CLASSIFIERS)):
            faults.append(f"models: {name} has an edge on {found} of {len(walks)} random walks")
    faults += [
        f"models: {name} does not find the edge planted with seed {each.seed}"
        for each in done
        if each.what == "edge"
        for name in CLASSIFIERS
        if not each.figures["models"][name]["edge"]
    ]
    return faults


def edges_found(done: list[Evaluated]) -> dict[str, int]:
    """By model: on how many random walks it has an edge, which none should."""
    walks = [each.figures for each in done if each.what == "random walk"]
    return {name: sum(f["models"][name]["edge"] for f in walks) for name in CLASSIFIERS}


def coverage(done: list[Evaluated]) -> dict[str, float]:
    """By model: the share of random walks on which the interval of the accuracy covers 0.5."""
    walks = [each.figures for each in done if each.what == "random walk"]
    return {
        name: sum(_covers(figures["models"][name]) for figures in walks) / len(walks)
        for name in (*CLASSIFIERS, *BASELINES[1:])
    }


def _uncovered(walks: list[dict[str, Any]], name: str) -> Iterator[str]:
    missed = sum(not _covers(figures["models"][name]) for figures in walks)
    if missed > most_at(len(walks), 0.05):
        yield f"models: {name}: {missed} of {len(walks)} intervals at 95 % miss chance"
    if len(walks) - missed > most_at(len(walks), 0.95):
        yield f"models: {name}: only {missed} of {len(walks)} intervals at 95 % miss chance"


def _covers(figures: dict[str, Any]) -> bool:
    low, high = figures["accuracy_interval"]
    return bool(low <= 0.5 <= high)


def most_at(trials: int, share: float) -> int:
    """The most of so many that happens at this share, but for once in a thousand times."""
    above = 1.0
    for count in range(trials + 1):
        above -= comb(trials, count) * share**count * (1 - share) ** (trials - count)
        if above < _CHANCE:
            return count
    return trials


def _silent(text: str) -> None:
    """Nobody watches a single fold."""


Report = Callable[[str], None]


def soak_models(seeds: int, edges: int, report: Report) -> list[str]:
    """All of it, a line a walk; returns the faults."""
    done = []
    for each in evaluated(seeds, edges):
        done.append(each)
        report(str(each))
    if seeds:
        for name, share in coverage(done).items():
            report(f"{name}: {share:.1%} of the intervals at 95 % cover chance")
        for name, found in edges_found(done).items():
            report(f"{name}: an edge on {found} of {seeds} random walks")
    return model_faults(done)
