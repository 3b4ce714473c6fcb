"""The last so many numbers, as plain lists, and their mean and spread."""

from collections.abc import Sequence
from math import dist, fsum, sqrt

_SCALE = 2.0**-16  # exact, and enough for windows of 65,536


def pushed(window: Sequence[float] | None, value: float, size: int) -> list[float]:
    """The window with the value at its end, at most `size` of them; what was given stays."""
    if window is None:
        return [value]
    after = list(window) if len(window) < size else list(window[1:])
    after.append(value)
    return after


def mean(values: Sequence[float]) -> float:
    """Of one value or more; the sum is exact, so nothing drifts and the order is of no account."""
    try:
        return fsum(values) / len(values)
    except OverflowError:
        return fsum([value * _SCALE for value in values]) / len(values) / _SCALE


def deviation(values: Sequence[float], middle: float) -> float:
    """Population standard deviation around `middle`, their mean; exactly 0 where all are the same.

    In two passes and scaled, so that neither a small spread of large numbers nor the squares of
    tiny ones are lost.
    """
    spread = dist(values, [middle] * len(values)) / sqrt(len(values))
    # The mean is rounded: equal values may be an ulp away from it.
    if spread < 1e-15 * middle and min(values) == max(values):
        return 0.0
    return spread
