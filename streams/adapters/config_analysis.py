"""The analysis of each interval as it is configured: what `run signals` and every look back use."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from streams.adapters.config_indicators import indicator_sets
from streams.adapters.config_rules import configured_rules
from streams.adapters.settings import Settings
from streams.domain.analysis import Analysis

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Analyses:
    """One for each interval that differs from the others."""

    default: Analysis
    by_interval: Mapping[str, Analysis]

    def of(self, interval: str) -> Analysis:
        return self.by_interval.get(interval, self.default)


def configured_analyses(settings: Settings) -> Analyses:
    """Indicators and steps of every interval; raises ConfigError where the file is wrong."""
    sets = indicator_sets(settings)
    rules = configured_rules(settings, sets)
    steps = rules.steps
    for interval in settings.signal_interval_names:
        if missing := rules.missing(sets.of(interval)):
            logger.warning("no recommendation interval=%s without=%s", interval, ",".join(missing))
    return Analyses(
        Analysis.of(settings.ema_mode, sets.default, steps),
        {
            interval: Analysis.of(settings.ema_mode, chosen, steps)
            for interval, chosen in sets.by_interval.items()
        },
    )
