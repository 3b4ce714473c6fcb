"""The options that `train` and `evaluate` share: what to learn from, and how.

@app.command()
@learns
def _train(files: Files = None, *, how: LearnOptions) -> None: ...
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_type_hints

import typer

from streams.cli.tape_options import PacingOptions, ReadingOptions, TapeOptions

if TYPE_CHECKING:
    from streams.apps.train.recipe import Recipe


@dataclass(frozen=True, slots=True)
class PickOptions:
    """Which part of the files or of the archive."""

    symbols: Annotated[
        str | None,
        typer.Option(metavar="GLOB,...", help="Only these symbols, such as 'A*,MSFT'."),
    ] = None
    from_: Annotated[
        str | None,
        typer.Option("--from", metavar="TIME", help="Only what is at or after this time (ISO)."),
    ] = None
    to: Annotated[str | None, typer.Option(metavar="TIME", help="Only what is before it.")] = None
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Read no more than N rows of the files.")
    ] = None


@dataclass(frozen=True, slots=True)
class RecipeOptions:
    """How models are made and tested."""

    interval: Annotated[
        str | None,
        typer.Option(help="Length of the bars; otherwise the first that may raise signals."),
    ] = None
    features: Annotated[
        Literal["scale_free", "baseline"],
        typer.Option(help="Ratios only; or RSI, MACD, volatility, momentum, change and price."),
    ] = "scale_free"
    horizons: Annotated[
        str, typer.Option(metavar="BARS,...", help="How many bars ahead the close is forecast.")
    ] = "1,3,12"
    folds: Annotated[int, typer.Option(min=1, max=50, help="Tests of the walk-forward.")] = 5
    embargo: Annotated[
        int,
        typer.Option(min=0, max=10_000, help="Bars left out before a test, beside the purged."),
    ] = 10
    costs: Annotated[
        float, typer.Option(min=0, max=1_000, help="Of a trade there and back, in basis points.")
    ] = 2.0
    pooled: Annotated[
        bool, typer.Option("--pooled/--no-pooled", help="All symbols together, where several.")
    ] = True
    alone: Annotated[
        bool, typer.Option("--alone/--no-alone", help="Each symbol that has enough bars.")
    ] = True
    seed: Annotated[int, typer.Option(min=0, help="Of everything drawn at random.")] = 1


@dataclass(frozen=True, slots=True)
class LearnOptions:
    """All of them, as they are typed."""

    reading: ReadingOptions
    pick: PickOptions
    recipe: RecipeOptions

    @property
    def tape(self) -> TapeOptions:
        """The files as a replay would read them."""
        picked = self.pick
        pacing = PacingOptions(
            symbols=picked.symbols, from_=picked.from_, to=picked.to, limit=picked.limit
        )
        return TapeOptions(self.reading, pacing)

    def chosen(self, margin: float) -> "Recipe":
        """The recipe; raises ConfigError that names a bad option."""
        from streams.apps.train.recipe import Recipe
        from streams.domain.prediction import parse_horizons

        asked = self.recipe
        return Recipe(
            features=asked.features,
            horizons=parse_horizons(asked.horizons),
            folds=asked.folds,
            embargo=asked.embargo,
            margin=margin,
            costs=asked.costs / 10_000,
            seed=asked.seed,
        )


_GROUPS: dict[str, Any] = {
    "recipe": RecipeOptions,
    "pick": PickOptions,
    "reading": ReadingOptions,
}


def learns(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command all the options, and its parameter `how` what was typed."""
    hints = get_type_hints(command, include_extras=True)
    keyword = inspect.Parameter.KEYWORD_ONLY
    shown: dict[str, inspect.Parameter] = {}
    for name, own in inspect.signature(command).parameters.items():
        if name == "how":
            shown |= _parameters()
        else:
            shown[name] = own.replace(annotation=hints[name], kind=keyword)

    @wraps(command)
    def run(**typed: Any) -> None:
        taken = {
            group: kind(**{each.name: typed.pop(each.name) for each in fields(kind)})
            for group, kind in _GROUPS.items()
        }
        command(**typed, how=LearnOptions(**taken))

    run.__signature__ = inspect.Signature(list(shown.values()))  # type: ignore[attr-defined]
    run.__annotations__ = {name: each.annotation for name, each in shown.items()}
    return run


def _parameters() -> dict[str, inspect.Parameter]:
    keyword = inspect.Parameter.KEYWORD_ONLY
    found = {}
    for kind in _GROUPS.values():
        hints = get_type_hints(kind, include_extras=True)
        for each in fields(kind):
            found[each.name] = inspect.Parameter(
                each.name, keyword, default=each.default, annotation=hints[each.name]
            )
    return found
