"""Figures of models for people: tables on standard output."""

from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from streams.domain.prediction import CLASSIFIERS, POOLED


def show_figures(result: dict[str, Any]) -> None:
    """What `evaluate` found, scope by scope, and what to make of it."""
    console = Console(soft_wrap=True)
    for scope, found in result["scopes"].items():
        console.print(_head(scope, found, result), highlight=False, markup=False)
        console.print(_votes(found["models"]))
        if found["forecasts"]:
            console.print(_forecasts(found["forecasts"]))
        console.print(_verdict(found), highlight=False, markup=False)
        console.print()
    for scope, why in result["skipped"].items():
        console.print(f"{_called(scope)}: left out: {why}", highlight=False, markup=False)
    if result["scopes"]:
        console.print(f"Intervals at {result['intervals']}.", highlight=False, markup=False)


def show_trained(result: dict[str, Any]) -> None:
    """What `train` stored, and where."""
    console = Console(soft_wrap=True)
    table = Table("models of", "bars", "until", "accuracy", "majority", "edge")
    table.add_column("version", overflow="fold")
    for scope, card in result["trained"].items():
        models = card["figures"].get("models", {})
        best = max((models[name]["accuracy"] for name in CLASSIFIERS if models), default=None)
        table.add_row(
            _called(scope), f"{card['data']['samples']:,}", _moment(card["data"]["last"]),
            _share(best), _share(models["majority"]["accuracy"] if models else None),
            ", ".join(_edges(card["figures"])) or "none" if models else "", card["version"],
        )  # fmt: skip
    if result["trained"]:
        console.print(table)
        console.print(
            "accuracy: the best of four in the walk-forward; `edge` names the models that beat "
            "every baseline there.",
            highlight=False, markup=False,
        )  # fmt: skip
        console.print(f"stored in {result['folder']}", highlight=False, markup=False)
    for scope, why in result["skipped"].items():
        console.print(f"{_called(scope)}: left out: {why}", highlight=False, markup=False)


def _head(scope: str, found: dict[str, Any], result: dict[str, Any]) -> str:
    return (
        f"{_called(scope)}, {result['interval']}: {found['tested']:,} bars tested, "
        f"{_moment(found['from_ms'])} to {_moment(found['to_ms'])}, "
        f"{found['ups']:.1%} before a rise; {found['unchanged']:,} without a move left out"
    )


def _votes(models: dict[str, Any]) -> Table:
    table = Table(
        "", "accuracy", "Brier", "log loss", "trades", "hit rate after costs", "net bp a trade"
    )
    for name, figures in models.items():
        table.add_row(
            name + (" *" if figures.get("edge") else ""),
            _with(figures, "accuracy", _share),
            _with(figures, "brier", _small),
            _with(figures, "log_loss", _small),
            f"{figures['trades']:,}",
            _with(figures, "hit_rate_after_costs", _share),
            _with(figures, "net_return", _points),
            style="dim" if "edge" not in figures else "",
        )
    return table


def _forecasts(forecasts: dict[str, Any]) -> Table:
    table = Table(
        "bars ahead", "range holds", "error bp", "last price's", "gain", "pinball bp",
        "plain", "gain",
    )  # fmt: skip
    for horizon, figures in forecasts.items():
        table.add_row(
            horizon + (" *" if figures["edge"] else ""),
            _with(figures, "coverage", _share),
            _plain(figures["error"]),
            _plain(figures["last_price_error"]),
            _with(figures, "error_gain", _plain),
            _plain(figures["pinball"]),
            _plain(figures["plain_pinball"]),
            _with(figures, "pinball_gain", _plain),
        )
    return table


def _verdict(found: dict[str, Any]) -> str:
    edges = _edges(found)
    if not edges:
        some = [
            f"{name} beats {' and '.join(found['models'][name]['beats'])}"
            for name in CLASSIFIERS
            if found["models"][name]["beats"]
        ]
        told = "No edge: none beats all of chance, majority and last"
        return f"{'; '.join([told, *some])}."
    paying = [
        name for name in edges
        if (ends := found["models"][name]["net_return_interval"]) and ends[0] > 0
    ]  # fmt: skip
    worth = f"after costs it pays for {', '.join(paying)}" if paying else "no vote pays the costs"
    return f"* beats chance, majority and last: {', '.join(edges)}; {worth}."


def _edges(found: dict[str, Any]) -> list[str]:
    return [name for name, each in found.get("models", {}).items() if each.get("edge")]


def _with(figures: dict[str, Any], name: str, text: Any) -> str:
    """A value and its interval."""
    value, ends = figures[name], figures[f"{name}_interval"]
    if value is None:
        return ""
    low, high = map(text, ends)
    return f"{text(value)} ({low} to {high})" if low != high else f"{text(value)}"


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"


def _small(value: float) -> str:
    return f"{value:.4f}"


def _plain(value: float) -> str:
    return f"{value:.2f}"


def _points(value: float) -> str:
    return f"{value * 1e4:+.2f}"


def _called(scope: str) -> str:
    return "all symbols" if scope == POOLED else scope


def _moment(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1_000, UTC).strftime("%Y-%m-%d %H:%M")
