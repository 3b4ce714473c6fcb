"""Out-of-order ticks: how many come after a later one of their symbol.

```
 arrival   1 2 3 5 4 6 7 3 8 | ...        blocks of `BLOCK` ticks in the order of arrival
                   ^     ^                behind the latest time so far
```
Blocks are counted in ticks, not in time or in messages, so cutting the stream into other batches
changes nothing. An anomaly is found at the tick that makes the share of its block too high.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from streams.domain.anomalies.finding import Finding
from streams.domain.anomalies.ladder import Ladder
from streams.domain.spans import Span

KIND = "out_of_order"
BLOCK = 500


@dataclass(frozen=True, slots=True)
class DisorderState:
    """Ticks of the current block, and how many of them came behind."""

    ticks: int = 0
    behind: int = 0


def disorder(
    state: DisorderState, spans: Sequence[Span], behind: Sequence[Span], ladder: Ladder
) -> tuple[DisorderState, list[tuple[int, Finding | None]]]:
    """The next state, and (index of the tick, finding or None: a block without one ended).

    `spans` are the ticks of a batch that count, `behind` those of them that came out of order; both
    in the order of arrival.
    """
    passed = state.ticks + sum(hi - lo for lo, hi in spans)
    if not behind and passed < BLOCK:  # nearly every batch
        return DisorderState(passed, state.behind), []
    found: list[tuple[int, Finding | None]] = []
    block, count, passed = 0, state.behind, state.ticks
    for lo, hi in spans:
        for index in _within(behind, lo, hi):
            number = (passed + index - lo) // BLOCK
            if number > block:
                found.extend(_ended(block, number, count, index, ladder))
                block, count = number, 0
            count += 1
            if (rank := ladder.rank(count / BLOCK)) > 0:
                found.append((index, _finding(count, rank, ladder)))
        passed += hi - lo
    if passed // BLOCK > block:
        found.extend(_ended(block, passed // BLOCK, count, spans[-1][1] - 1, ladder))
        count = 0
    return DisorderState(passed % BLOCK, count), found


def _within(behind: Sequence[Span], lo: int, hi: int) -> Iterator[int]:
    for first, last in behind:
        yield from range(max(first, lo), min(last, hi))


def _ended(
    block: int, number: int, count: int, index: int, ladder: Ladder
) -> list[tuple[int, Finding | None]]:
    calm = number > block + 1 or not ladder.rank(count / BLOCK)
    return [(index, None)] if calm else []


def _finding(count: int, rank: int, ladder: Ladder) -> Finding:
    share = count / BLOCK
    said = f"{count} of {BLOCK} ticks came after a later one"
    return Finding(KIND, rank, share, 0.0, ladder.low, said)
