"""The names that a rule may use: fields of the bar, indicators, and votes as numbers."""

from collections.abc import Collection

from streams.domain.indicator_row import IndicatorRow
from streams.domain.rules.votes import DOWN, UP, VOTERS

FIELDS = ("open", "high", "low", "close", "volume", "vwap", "trades")
"""Of the bar; `vwap` is the bar's own."""
VOTES = {f"vote_{name}": name for name in VOTERS}
"""UP is 1, DOWN is -1, NEUTRAL is 0."""
_POINTS = {UP: 1.0, DOWN: -1.0}


def known_names(indicators: Collection[str]) -> tuple[str, ...]:
    """All of them, where these indicators are computed."""
    return tuple(dict.fromkeys((*FIELDS, *indicators, *VOTES)))


def value_of(row: IndicatorRow, name: str) -> float | None:
    """A name's value at the close of a bar; None while it is warming up."""
    if name in FIELDS:
        return float(getattr(row, name))
    if name in VOTES:
        vote = row.votes.get(VOTES[name])
        return None if vote is None else _POINTS.get(vote, 0.0)
    return row.values.get(name)
