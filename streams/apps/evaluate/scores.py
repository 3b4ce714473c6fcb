"""Figures of a walk-forward: each with its interval, each beside the baselines'.

A model `beats` a baseline when its log loss is lower with a confidence of 95 % that holds for all
four models together (Bonferroni: four tries at random are more likely to look good than one). It
has an `edge` only when it beats every baseline.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from streams.apps.evaluate.intervals import Blocks, interval
from streams.apps.evaluate.walk import BASELINES, Votes, Walk
from streams.apps.train.dataset import Floats
from streams.apps.train.recipe import QUANTILES, Recipe
from streams.domain.prediction import CLASSIFIERS
from streams.domain.wilson import wilson

Figures = dict[str, Any]
_EDGE = 1e-6


def vote_figures(walk: Walk, recipe: Recipe, blocks: Blocks) -> Figures:
    """`{model or baseline: {figure: value, ..._interval: [low, high]}}`, and which have an edge."""
    single = len(np.unique(walk.code)) == 1
    losses = {name: _log_loss(said.probability, walk) for name, said in walk.said.items()}
    figures = {
        name: _figures(name, said, walk, losses[name], _Means(blocks, single), recipe.costs)
        for name, said in walk.said.items()
    }
    for name in CLASSIFIERS:
        beaten = _beaten(losses, name, blocks)
        figures[name] |= {"beats": beaten, "edge": len(beaten) == len(BASELINES)}
    return figures


class _Means:
    """Means and shares with their intervals; `single`: of one symbol."""

    def __init__(self, blocks: Blocks, single: bool) -> None:
        self._blocks = blocks
        self._single = single

    def of(self, figure: str, value: Floats, weight: Floats | None = None) -> Figures:
        """The mean over the weight (1 or 0 each; None: over all), null where there is none."""
        weight = np.ones(len(value)) if weight is None else weight
        total = float(weight.sum())
        if not total:
            return {figure: None, f"{figure}_interval": None}
        ends = interval(self._blocks.ratios(value * weight, weight))
        return {figure: float((value * weight).sum() / total), f"{figure}_interval": list(ends)}

    def share(self, figure: str, hit: Floats, weight: Floats | None = None) -> Figures:
        """The same of what is 1 or 0: Wilson's interval where there is one symbol."""
        found = self.of(figure, hit, weight)
        if self._single and found[figure] is not None:
            among = len(hit) if weight is None else int(weight.sum())
            hits = int(hit.sum() if weight is None else (hit * weight).sum())
            found[f"{figure}_interval"] = list(wilson(hits, among))
        return found


def _figures(
    name: str, said: Votes, walk: Walk, loss: Floats, means: _Means, costs: float
) -> Figures:
    up = walk.up.astype(np.float64)
    if name == "chance":  # what a coin does on average is known
        accuracy = {"accuracy": 0.5, "accuracy_interval": [0.5, 0.5]}
    else:
        right = said.sure == np.where(up > 0, 1, -1)
        accuracy = means.share("accuracy", right.astype(np.float64))
    return {
        **accuracy,
        **means.of("brier", np.square(said.probability - up)),
        **means.of("log_loss", loss),
        **_trades(name, said, walk, means, costs),
    }


def _trades(name: str, said: Votes, walk: Walk, means: _Means, costs: float) -> Figures:
    """Every vote is a trade to the next close; a coin's are known on average."""
    grown = np.expm1(walk.next_return)
    if name == "chance":
        worth = (np.abs(grown) > costs).astype(float) / 2
        net = np.full(len(grown), -costs)
        return {
            "trades": len(grown), **means.of("hit_rate_after_costs", worth),
            **means.of("net_return", net),
        }  # fmt: skip
    traded = (said.vote != 0).astype(float)
    net = np.asarray(said.vote * grown - costs, np.float64)
    return {
        "trades": int(traded.sum()),
        **means.share("hit_rate_after_costs", (net > 0).astype(float), traded),
        **means.of("net_return", net, traded),
    }


def _log_loss(probability: Floats, walk: Walk) -> Floats:
    inside = np.clip(probability, _EDGE, 1 - _EDGE)
    return np.asarray(-np.log(np.where(walk.up > 0, inside, 1 - inside)), np.float64)


def _beaten(losses: Mapping[str, Floats], name: str, blocks: Blocks) -> list[str]:
    """The baselines whose log loss is surely higher than the model's."""
    ones = np.ones(len(losses[name]))
    # One-sided at 5 % over four models: the lower end of a two-sided interval of 1 - 2 * 5 % / 4.
    confidence = 1 - 2 * 0.05 / len(CLASSIFIERS)
    return [
        baseline
        for baseline in BASELINES
        if interval(blocks.ratios(losses[baseline] - losses[name], ones), confidence)[0] > 0
    ]


def forecast_figures(walk: Walk, recipe: Recipe) -> Figures:
    """By horizon: how often the interval held, and errors beside the last price's.

    `pinball` is the mean loss over the three quantiles (Koenker and Bassett, 1978), of returns in
    basis points; `plain_pinball` that of the training's own quantiles, a random walk in units of
    volatility. `error` and `last_price_error` are mean absolute ones, in basis points.
    """
    held = walk.ranges
    if not len(held.known):
        return {}
    figures = {}
    for n, horizon in enumerate(recipe.horizons):
        blocks = Blocks.of(held.known, overlap=horizon, seed=recipe.seed, draws=recipe.draws)
        figures[str(horizon)] = _of_horizon(walk, n, blocks)
    return figures


def _of_horizon(walk: Walk, n: int, blocks: Blocks) -> Figures:
    held = walk.ranges
    truth, unit = held.truth[:, n], held.unit[:, n]
    found = held.quantiles[:, n, :]
    means = _Means(blocks, single=False)
    bps = unit * 1e4
    loss = _pinball(truth, found) * bps
    plain = _pinball(truth, held.plain[:, n, :]) * bps
    error = np.abs(truth - found[:, 1]) * bps
    still = np.abs(truth) * bps
    inside = (truth >= found[:, 0]) & (truth <= found[:, 2])
    ones, tries = np.ones(len(truth)), len(walk.ranges.quantiles[0])
    sure = interval(blocks.ratios(still - error, ones), 1 - 2 * 0.05 / tries)
    return {
        "bars": len(truth),
        **means.of("coverage", inside.astype(float)),
        **means.of("pinball", loss),
        **means.of("plain_pinball", plain),
        **means.of("pinball_gain", plain - loss),
        **means.of("error", error),
        **means.of("last_price_error", still),
        **means.of("error_gain", still - error),
        "edge": sure[0] > 0,
    }


def _pinball(truth: Floats, quantiles: Floats) -> Floats:
    off = truth[:, None] - quantiles
    levels = np.asarray(QUANTILES)
    return np.asarray(np.maximum(levels * off, (levels - 1) * off).mean(axis=1), np.float64)
