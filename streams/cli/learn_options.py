"""The options that `train` and `evaluate` share: what to learn from, and how.

@app.command()
@learns
def _train(files: Files = None, *, how: LearnOptions) -> None: ...
"""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from streams.cli.option_groups import takes
from streams.cli.tape_options import PacingOptions, PickOptions, ReadingOptions, TapeOptions
from streams.domain.errors import ConfigError

if TYPE_CHECKING:
    from streams.apps.train.recipe import Recipe


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
    seed: Annotated[
        int, typer.Option(min=0, max=2**31 - 1, help="Of everything drawn at random.")
    ] = 1


@dataclass(frozen=True, slots=True)
class LearnOptions:
    """All of them, as they are typed."""

    recipe: RecipeOptions
    pick: PickOptions
    reading: ReadingOptions

    @property
    def tape(self) -> TapeOptions:
        """The files as a replay would read them."""
        return TapeOptions(self.reading, PacingOptions(**asdict(self.pick)))

    def chosen(self, margin: float) -> "Recipe":
        """The recipe; raises ConfigError that names a bad option."""
        from streams.apps.train.recipe import Recipe
        from streams.domain.prediction import parse_horizons

        asked = self.recipe
        if not (asked.pooled or asked.alone):
            raise ConfigError("--no-alone: expected it without --no-pooled, was with it: no models")
        return Recipe(
            features=asked.features,
            horizons=parse_horizons(asked.horizons),
            folds=asked.folds,
            embargo=asked.embargo,
            margin=margin,
            costs=asked.costs / 10_000,
            seed=asked.seed,
        )


learns = takes("how")
"""Give a command the options of its parameter `how`, and the parameter what was typed."""
