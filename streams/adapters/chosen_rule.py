"""A rule by what a person calls it: a built-in's name, an own rule's, or an expression."""

import re
from dataclasses import replace

from streams.adapters.config_indicators import indicator_sets
from streams.adapters.config_rules import BUILT_IN, compiled_for, configured_rules
from streams.adapters.settings import Settings
from streams.domain.breakout import KIND as BREAKOUT
from streams.domain.breakout import Breakout
from streams.domain.errors import ConfigError
from streams.domain.rules.own_rule import PREFIX, OwnRule
from streams.domain.rules.recommendation import KIND as RECOMMENDATION
from streams.domain.rules.recommendation import Recommendation
from streams.domain.rules.step import Step
from streams.domain.signal import Side

EXPRESSION = "expression"
"""The name of a rule that is given as an expression."""
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_:-]*")


def chosen_rule(settings: Settings, name: str, interval: str, side: Side | None = None) -> Step:
    """The rule as the live path has it, for bars of this interval whatever its own ones are.

    `side` is that of an expression, Buy unless said. Raises ConfigError for a name that is none,
    and ExpressionError for an expression that is none.
    """
    sets = indicator_sets(settings)
    rules = configured_rules(settings, sets)
    own = {rule.rule: rule for rule in rules.own}
    if name in (*BUILT_IN, *own, *(PREFIX + each for each in own)) and side is not None:
        raise ConfigError(f"side: expected none for {name}, which has its own, was {side}")
    if name == BREAKOUT:
        return Breakout(settings.ema_mode == "seeded")
    if name == RECOMMENDATION:
        missing = rules.missing(sets.of(interval))
        if missing:
            raise ConfigError(
                f"recommendation: expected the indicators it needs on bars of {interval}, "
                f"was without {', '.join(missing)}"
            )
        return rules.recommendation or Recommendation()
    chosen = own.get(name.removeprefix(PREFIX))
    if chosen is not None:
        when = compiled_for(chosen.when.text, sets, interval)
        return replace(chosen, when=when, intervals=frozenset())
    if _WORD.fullmatch(name.strip()):
        known = ", ".join((*BUILT_IN, *own))
        raise ConfigError(f"rule: expected {known} or an expression such as rsi14 < 30, was {name}")
    return OwnRule(EXPRESSION, compiled_for(name, sets, interval), side or Side.BUY)
