"""Several symbols' curves as one: equal shares at the start, never rebalanced."""

from collections.abc import Sequence
from itertools import groupby
from math import fsum
from operator import itemgetter

from streams.domain.equity import Point


def together(curves: Sequence[Sequence[Point]]) -> list[Point]:
    """The mean of the curves at every bar's start that one of them has.

    A symbol is worth 1 until its first bar, and what it was at its last one while others go on.
    """
    if len(curves) == 1:
        return [*curves[0]]
    equities, holds = [1.0] * len(curves), [1.0] * len(curves)
    events = sorted(
        ((point.start, number, point) for number, curve in enumerate(curves) for point in curve),
        key=itemgetter(0, 1),
    )
    points: list[Point] = []
    peak = 1.0
    for start, group in groupby(events, key=itemgetter(0)):
        for _, number, point in group:
            equities[number], holds[number] = point.equity, point.hold
        equity = fsum(equities) / len(equities)
        peak = max(peak, equity)
        points.append(Point(start, equity, equity / peak - 1, fsum(holds) / len(holds)))
    return points
