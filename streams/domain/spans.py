"""Half-open spans `[lo, hi)` of indexes or ordinals, sorted and disjoint."""

from collections.abc import Iterable, Iterator, Sequence

Span = tuple[int, int]


def intersect(left: Sequence[Span], right: Sequence[Span]) -> list[Span]:
    """What lies in both."""
    found = [(max(a, c), min(b, d)) for a, b in left for c, d in right if max(a, c) < min(b, d)]
    return sorted(found)


def runs(indexes: Iterable[int]) -> Iterator[Span]:
    """Ascending indexes as spans: 0 1 2 5 is (0, 3), (5, 6)."""
    lo = hi = -1
    for index in indexes:
        if index != hi:
            if hi >= 0:
                yield lo, hi
            lo = index
        hi = index + 1
    if hi >= 0:
        yield lo, hi
