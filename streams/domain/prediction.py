"""What the models say at the close of a bar: votes on the next one, and forecasts of the close."""

from dataclasses import dataclass, field

from streams.domain.errors import ConfigError

CLASSIFIERS = ("xgboost", "forest", "adaboost", "logistic")
"""The models that vote on the direction of the next bar."""
FORECAST = "forecast"
"""The name under which forecasts are stored, beside the classifiers'."""
POOLED = "*"
"""The scope of a model of all symbols together."""


@dataclass(frozen=True, slots=True)
class ModelVote:
    """`UP`, `DOWN` or `NEUTRAL`, and the calibrated probability that the next close is higher."""

    vote: str
    probability: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """The close `horizon` bars later: its median, and the ends of an interval around it.

    In the units of the price. `level` is the share of cases that the interval is made to hold.
    """

    horizon: int
    price: float
    low: float
    high: float
    level: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """All that the models of one symbol say at the close of one bar.

    `start` and `end` (epoch ms UTC) are the bar's, `close` is its close; `scope` says whose models
    they are, the symbol's own or `*`, and `version` which.
    """

    symbol: str
    interval: str
    start: int
    end: int
    close: float
    scope: str
    version: str
    votes: dict[str, ModelVote] = field(default_factory=dict)
    forecasts: list[Forecast] = field(default_factory=list)


def vote_of(probability: float, margin: float) -> str:
    """`NEUTRAL` where the probability of UP is within `margin` of a coin's, else the side."""
    if probability >= 0.5 + margin and probability > 0.5:
        return "UP"
    if probability <= 0.5 - margin and probability < 0.5:
        return "DOWN"
    return "NEUTRAL"


def parse_horizons(text: str) -> tuple[int, ...]:
    """`1,3,12` as numbers of bars, shortest first, each once; raises ConfigError."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts or not all(part.isdecimal() and 1 <= int(part) <= 1_000 for part in parts):
        raise ConfigError(f"--horizons: expected bars from 1 to 1000 such as 1,3,12, was {text!r}")
    return tuple(sorted({int(part) for part in parts}))
