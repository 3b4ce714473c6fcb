"""The indicators that are computed for every closed bar."""

from collections.abc import Sequence

from streams.domain.indicators.ema import Ema
from streams.domain.indicators.indicator import Indicator

FAST, SLOW = 38, 100
WARM_AFTER = SLOW
"""Bars after which the EMAs' starting value has faded: the next one is warm."""


def indicators(*, seeded: bool) -> Sequence[Indicator]:
    """One of each; `seeded` is how EMAs start."""
    return (Ema(FAST, seeded), Ema(SLOW, seeded))
