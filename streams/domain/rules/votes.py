"""Votes: what each of the classic rules says of the next price, UP, DOWN or NEUTRAL.

They are the simplest readings of their indicators, as many systems have them (Murphy, Technical
Analysis of the Financial Markets, 1999, chapters 9 and 10). A vote is no signal: five of them are
cast at every bar, and what they are worth is what the scorecards say.
"""

from collections.abc import Mapping

UP, DOWN, NEUTRAL = "UP", "DOWN", "NEUTRAL"
_ABOVE: Mapping[str, tuple[str, float]] = {
    "rsi": ("rsi14", 50.0),
    "macd": ("macd", 0.0),
    "momentum": ("momentum10", 0.0),
    "change": ("change", 0.0),
}
_BANDS = ("bb_upper", "bb_lower")
NEEDED: Mapping[str, tuple[str, ...]] = {
    **{rule: (indicator,) for rule, (indicator, _) in _ABOVE.items()},
    "bollinger": _BANDS,
}
"""The indicators without which a rule does not vote."""
VOTERS = tuple(NEEDED)
"""Names of the rules that vote."""


def votes(values: Mapping[str, float], close: float) -> dict[str, str]:
    """{rule: UP, DOWN or NEUTRAL} at one bar's close; a rule whose indicator is absent is too.

    RSI(14) above 50, MACD, momentum(10) and the change from the last close above 0 are UP, else
    DOWN; a close above the upper Bollinger band, from where it is expected to come back, is DOWN,
    below the lower one UP, else NEUTRAL.
    """
    cast: dict[str, str] = {}
    for rule, (indicator, bound) in _ABOVE.items():
        value = values.get(indicator)
        if value is not None:
            cast[rule] = UP if value > bound else DOWN
    upper, lower = map(values.get, _BANDS)
    if upper is not None and lower is not None:
        cast["bollinger"] = DOWN if close > upper else UP if close < lower else NEUTRAL
    return cast
