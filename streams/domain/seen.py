"""Which ticks have been taken before: ranges of ordinals per symbol and source.

Tapes are replayed again, killed half-way and cut into other batches; brokers deliver twice. A tick
of a tape is known by its ordinal, any other by its message's offset, so what was taken before is
recognised however it is packed. The state of one source is a JSON-able list of `[start, end)`
ordinals: one pair as long as the source is read in order.

    taken        [0 ........ 500)
    batch                 [448 ........ 512)
    fresh                       [500 .. 512)
"""

from streams.domain.spans import Span
from streams.domain.tick import TickBatch

Ranges = list[list[int]]


def seen_key(batch: TickBatch, origin: str) -> str:
    """The name of the ranges of this batch's source; `origin` is `topic/partition`."""
    return f"seen:{batch.source if batch.source is not None else origin}"


def admit(ranges: Ranges, batch: TickBatch, offset: int) -> list[Span]:
    """Index spans of the batch that are new, and note them in `ranges`.

    Without a source the message's offset decides for the whole batch; offsets of one symbol only
    grow, so a single range is kept.
    """
    count = len(batch)
    if count == 0:
        return []
    if batch.source is None:
        if ranges and offset < ranges[0][1]:
            return []
        ranges[:] = [[0, offset + 1]]
        return [(0, count)]
    first = batch.first
    new = _fresh(ranges, first, first + count)
    if new:
        _add(ranges, first, first + count)
    return [(lo - first, hi - first) for lo, hi in new]


def _fresh(ranges: Ranges, start: int, end: int) -> list[Span]:
    """The parts of `[start, end)` outside the ranges."""
    new: list[Span] = []
    for lo, hi in ranges:
        if hi <= start:
            continue
        if lo >= end:
            break
        if lo > start:
            new.append((start, lo))
        start = hi
    if start < end:
        new.append((start, end))
    return new


def _add(ranges: Ranges, start: int, end: int) -> None:
    """Put `[start, end)` in, joining what touches."""
    if ranges and ranges[-1][0] <= start <= ranges[-1][1]:  # read in order: the usual case
        ranges[-1][1] = max(ranges[-1][1], end)
        return
    joined: Ranges = []
    for lo, hi in sorted([*ranges, [start, end]]):
        if joined and lo <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], hi)
        else:
            joined.append([lo, hi])
    ranges[:] = joined
