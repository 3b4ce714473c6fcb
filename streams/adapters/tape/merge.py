"""Files as one tape: merged by the largest time so far in each, files in their order where equal.

    file 0   [1 2 2 5 | 6 9]          bound 5: everything up to 5 of file 0,
    file 1   [2 4 8 | 8 9]            everything before 5 of file 1
    tape      1 2 2 2 4 5 | ...

Each file keeps its own order; a late tick stays behind the one that made it late.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from streams.adapters.tape.chunk import Chunk, Counts, Ticks, joined, joined_chunks


def merged(files: Sequence[Iterator[Chunk]]) -> Iterator[Chunk]:
    """The chunks of one tape; counts and rejects of a chunk come out with its first ticks."""
    if len(files) == 1:
        yield from files[0]
        return
    heads = {at: head for at, file in enumerate(files) if (head := _next_with_ticks(file))}
    while heads:
        for at, head in heads.items():
            if head.counts.read or head.rejects:
                yield Chunk(head.ticks.take(slice(0, 0)), head.counts, head.rejects, head.positions)
                heads[at] = Chunk(head.ticks, Counts(), [], {})
        parts, rests = _split(heads)
        if parts:
            yield joined_chunks(parts, _in_order(parts))
        for at, rest in rests.items():
            head = rest if len(rest.ticks) else _next_with_ticks(files[at])
            if head is None:
                del heads[at]
            else:
                heads[at] = head


def _split(heads: dict[int, Chunk]) -> tuple[list[Chunk], dict[int, Chunk]]:
    """What is certain to come before all that is still to be read, and what is left."""
    ends = {at: int(head.ticks.key[-1]) if len(head.ticks) else -1 for at, head in heads.items()}
    bound = min(ends.values())
    first = min(at for at, end in ends.items() if end == bound)
    parts, rests = [], {}
    for at, head in sorted(heads.items()):
        # Of equal times an earlier file's come first, and `first` may have more of them to come.
        cut = int(np.searchsorted(head.ticks.key, bound + (at <= first)))
        if cut:
            parts.append(Chunk(head.ticks.take(slice(0, cut)), Counts(), [], {}))
        rests[at] = Chunk(head.ticks.take(slice(cut, None)), Counts(), [], {})
    return parts, rests


def _in_order(parts: Sequence[Chunk]) -> Ticks:
    ticks = joined([part.ticks for part in parts])
    return ticks if len(parts) == 1 else ticks.take(np.argsort(ticks.key, kind="stable"))


def _next_with_ticks(file: Iterator[Chunk]) -> Chunk | None:
    """The next chunk that has ticks, with the counts of those before it; the last as it is."""
    passed: list[Chunk] = []
    for chunk in file:
        passed.append(chunk)
        if len(chunk.ticks):
            break
    return joined_chunks(passed) if passed else None
