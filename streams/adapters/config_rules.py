"""Sections `[recommendation]` and `[[rules]]` of the configuration that `TAPEDECK_CONFIG` names."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, FiniteFloat

from streams.adapters.config_section import Section, chosen_intervals, read_config
from streams.adapters.settings import Settings
from streams.domain.breakout import KIND as BREAKOUT
from streams.domain.errors import ConfigError
from streams.domain.indicators.indicator_set import IndicatorSet, IndicatorSets
from streams.domain.interval import duration_ms
from streams.domain.rules.expression import Expression, compiled
from streams.domain.rules.names import known_names
from streams.domain.rules.own_rule import OwnRule
from streams.domain.rules.recommendation import KIND as RECOMMENDATION
from streams.domain.rules.recommendation import WEIGHTS, Recommendation
from streams.domain.rules.step import Step
from streams.domain.signal import Side

BUILT_IN = (BREAKOUT, RECOMMENDATION)
"""Rules that nobody needs to configure, and names that no own rule may have."""
_USUAL = Recommendation()


class _Keys(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class RecommendationKeys(_Keys):
    """`[recommendation]`; a weight that is not named keeps its default, 0 leaves its rule out."""

    enabled: bool = True
    enter: FiniteFloat = _USUAL.enter
    leave: FiniteFloat = _USUAL.leave
    smooth: int = Field(_USUAL.smooth, ge=1, le=1_000)
    weights: dict[str, Annotated[FiniteFloat, Field(ge=0, le=1_000)]] = {}

    def recommendation(self) -> Recommendation:
        """Raises ConfigError where the keys do not fit together."""
        return Recommendation({**WEIGHTS, **self.weights}, self.enter, self.leave, self.smooth)


class RuleKeys(_Keys):
    """One of `[[rules]]`."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")
    when: str
    side: Literal["buy", "sell", "neutral"]
    cooldown: Annotated[int, BeforeValidator(duration_ms)] = Field(0, ge=0)
    intervals: list[str] | None = Field(None, min_length=1)
    symbols: list[str] = Field(["*"], min_length=1)


@dataclass(frozen=True, slots=True)
class Rules:
    """What is configured beside the breakout."""

    recommendation: Recommendation | None = _USUAL
    own: tuple[OwnRule, ...] = ()

    @property
    def steps(self) -> Sequence[Step]:
        return (*([self.recommendation] if self.recommendation else []), *self.own)

    def missing(self, indicators: IndicatorSet) -> list[str]:
        """What the recommendation needs and this set has not: it is silent then."""
        needed = self.recommendation.needed if self.recommendation else ()
        return [name for name in needed if name not in indicators.names]


def configured_rules(settings: Settings, sets: IndicatorSets) -> Rules:
    """What the file says, or the usual; own rules look at `TAPEDECK_SIGNAL_INTERVALS` by default.

    Raises ConfigError that names the file, the key and, in an expression, the column.
    """
    if settings.config is None:
        return Rules()
    held = read_config(settings.config)
    root = Section(settings.config, "", held)
    own: dict[str, OwnRule] = {}
    for number, table in enumerate(root.tables("rules"), 1):
        section = root.deeper(f"rules[{number}]", table)
        rule = _own(section, settings, sets)
        if rule.rule in (*own, *BUILT_IN):
            raise section.error("name", f"expected a name that no rule has, was {rule.rule!r}")
        own[rule.rule] = rule
    return Rules(
        _recommendation(root.deeper("recommendation", held.get("recommendation", {}))),
        (*own.values(),),
    )


def _recommendation(section: Section) -> Recommendation | None:
    keys = section.read(RecommendationKeys, section.keys)
    try:
        made = keys.recommendation()
    except ConfigError as error:
        raise section.error(*str(error).split(": ", 1)) from None
    return made if keys.enabled else None


def _own(section: Section, settings: Settings, sets: IndicatorSets) -> OwnRule:
    keys = section.read(RuleKeys, section.keys)
    intervals = chosen_intervals(section, keys.intervals, settings)
    try:
        when, *_ = [compiled_for(keys.when, sets, interval) for interval in intervals]
    except ConfigError as error:
        raise section.error("when", str(error)) from None
    return OwnRule(
        keys.name, when, Side(keys.side), keys.cooldown, frozenset(intervals), tuple(keys.symbols)
    )


def compiled_for(text: str, sets: IndicatorSets, interval: str) -> Expression:
    """The expression by the names that bars of an interval have. Raises ExpressionError."""
    return compiled(text, known_names(sets.of(interval).names))
