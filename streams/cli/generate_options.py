"""The options of a synthetic market as they were typed, and what they ask for."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from streams.cli.tape_options import speed_of
from streams.domain.errors import ConfigError

if TYPE_CHECKING:
    from streams.adapters.synthetic.plan import MarketPlan
    from streams.apps.generate.request import GenerateRequest


@dataclass(frozen=True, slots=True)
class Typed:
    """The options of a market as they were typed."""

    symbols: str | None
    rate: float | None
    seed: int
    duration: str | None
    start: str | None
    speed: str | None
    to: str | None
    edge: float
    volatility: float
    correlation: float
    anomalies: float | None
    anomaly_kinds: str
    labels: str | None
    quotes: str | None
    context: str | None
    context_rate: float
    jumps: bool
    regimes: bool
    no_end: bool


def market_request(typed: Typed) -> "GenerateRequest":
    """What is asked for; raises ConfigError that names the option."""
    from streams.adapters.tape.moment import moment_ms
    from streams.apps.generate.request import KAFKA, GenerateRequest

    start = moment_ms("--start", typed.start, "UTC")
    request = GenerateRequest(
        _plan(typed, start or 0),
        typed.to or KAFKA,
        duration(typed.duration),
        speed_of(typed.speed) if typed.speed else 1.0 if start is None else None,
        start is not None,
        not typed.no_end,
        typed.labels,
        typed.quotes,
        typed.context,
    )
    if request.duration_ms is None and request.speed is None:
        raise ConfigError("--duration: expected one when the market goes as fast as it can")
    return request


def _plan(typed: Typed, start: int) -> "MarketPlan":
    """The market; one that runs on the clock has its start when it begins."""
    from streams.adapters.synthetic.anomalies import anomaly_kinds
    from streams.adapters.synthetic.plan import MarketPlan, symbol_names

    planted = 0.5 if typed.labels or typed.anomaly_kinds else 0.0
    return MarketPlan(
        symbol_names(typed.symbols or "20"),
        100.0 if typed.rate is None else typed.rate,
        typed.seed,
        start,
        typed.edge,
        typed.volatility,
        typed.correlation,
        planted if typed.anomalies is None else typed.anomalies,
        anomaly_kinds(typed.anomaly_kinds),
        typed.context_rate,
        typed.jumps,
        typed.regimes,
    )


def duration(text: str | None) -> int | None:
    """`--duration` in ms; raises ConfigError."""
    from streams.domain.interval import duration_ms

    if text is None:
        return None
    try:
        found = duration_ms(text)
    except ValueError as error:
        raise ConfigError(f"--duration: {error} such as 10m, was {text!r}") from error
    if found <= 0:
        raise ConfigError(f"--duration: expected more than nothing, was {text!r}")
    return found
