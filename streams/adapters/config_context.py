"""Section `[context]` of the configuration: the rules of news, orders, fundamentals, the economy.

```toml
[context.news]
half_life = "2h"
threshold = 1.0
confidence = 2.5
cooldown = "30m"

[context.order_book]
enabled = false
```
"""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, FiniteFloat

from streams.adapters.config_section import Section, read_config
from streams.adapters.settings import Settings
from streams.domain.context_rules.context_rules import KINDS, ContextRules
from streams.domain.context_rules.flow import NewsRule, OrderBookRule
from streams.domain.context_rules.level import EconomicRule, FundamentalsRule
from streams.domain.interval import duration_ms

_Duration = Annotated[int, BeforeValidator(duration_ms), Field(ge=0)]
_HalfLife = Annotated[int, BeforeValidator(duration_ms), Field(ge=1_000)]
_Positive = Annotated[FiniteFloat, Field(gt=0)]
_Confidence = Annotated[FiniteFloat, Field(gt=1, le=100)]
"""Above 1: a single event never is enough."""
_Least = Annotated[int, Field(ge=2, le=1_000_000)]
_NEWS, _ORDERS, _LEVELS, _ECONOMY = NewsRule(), OrderBookRule(), FundamentalsRule(), EconomicRule()


class _Keys(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    enabled: bool = True


class NewsKeys(_Keys):
    """`[context.news]`."""

    half_life: _HalfLife = _NEWS.half_life
    threshold: _Positive = _NEWS.threshold
    confidence: _Confidence = _NEWS.confidence
    cooldown: _Duration = _NEWS.cooldown

    def rule(self) -> NewsRule:
        return NewsRule(self.half_life, self.threshold, self.confidence, self.cooldown)


class OrderBookKeys(_Keys):
    """`[context.order_book]`."""

    half_life: _HalfLife = _ORDERS.half_life
    imbalance: Annotated[FiniteFloat, Field(gt=0, le=1)] = _ORDERS.imbalance
    confidence: _Confidence = _ORDERS.confidence
    cooldown: _Duration = _ORDERS.cooldown

    def rule(self) -> OrderBookRule:
        return OrderBookRule(self.half_life, self.imbalance, self.confidence, self.cooldown)


class FundamentalsKeys(_Keys):
    """`[context.fundamentals]`."""

    half_life: _HalfLife = _LEVELS.half_life
    change: _Positive = _LEVELS.change
    confidence: _Confidence = _LEVELS.confidence
    least: _Least = _LEVELS.least
    cooldown: _Duration = _LEVELS.cooldown

    def rule(self) -> FundamentalsRule:
        return FundamentalsRule(
            self.half_life, self.change, self.confidence, self.least, self.cooldown
        )


class EconomicKeys(_Keys):
    """`[context.economic]`."""

    half_life: _HalfLife = _ECONOMY.half_life
    confidence: _Confidence = _ECONOMY.confidence
    least: _Least = _ECONOMY.least
    cooldown: _Duration = _ECONOMY.cooldown

    def rule(self) -> EconomicRule:
        return EconomicRule(self.half_life, self.confidence, self.least, self.cooldown)


def context_rules(settings: Settings) -> ContextRules:
    """What the file says, or the usual.

    Raises ConfigError that names the file, the key, what is expected and what was.
    """
    if settings.config is None:
        return ContextRules()
    section = Section(settings.config, "context", read_config(settings.config).get("context", {}))
    section.only(KINDS)
    parts = {kind: section.deeper(kind, section.keys.get(kind, {})) for kind in KINDS}
    news = parts["news"].read(NewsKeys, parts["news"].keys)
    orders = parts["order_book"].read(OrderBookKeys, parts["order_book"].keys)
    levels = parts["fundamentals"].read(FundamentalsKeys, parts["fundamentals"].keys)
    economy = parts["economic"].read(EconomicKeys, parts["economic"].keys)
    return ContextRules(
        news.rule() if news.enabled else None,
        orders.rule() if orders.enabled else None,
        levels.rule() if levels.enabled else None,
        economy.rule() if economy.enabled else None,
    )
