"""The names that expressions in tests may use, and whether one holds."""

from collections.abc import Sequence

from streams.domain.rules.expression import compiled

NAMES = ("a", "b", "c", "close", "rsi14", "bb_lower")


def held(text: str, *past: Sequence[float | None], names: str = "abc") -> bool | None:
    """Whether it holds at the last of the bars; each bar gives the values of the names."""
    expression = compiled(text, NAMES)
    places = [names.index(name) for name in expression.names]
    return expression.holds([[bar[at] for at in places] for bar in past])
