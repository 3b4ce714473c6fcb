"""The bars of a tape without Kafka: the fold of `run bars` over the batches of a replay."""

import logging
from collections.abc import Callable, Iterator, Mapping
from math import inf

from streams.adapters.tape.chunk import Counts
from streams.adapters.tape.grouping import Batch, batches
from streams.adapters.tape.tape import Tape
from streams.domain.bar import Bar
from streams.domain.fold import Fold, FoldState
from streams.domain.screen import screen
from streams.domain.tick import TickBatch

logger = logging.getLogger(__name__)

Progress = Callable[[int, int], None]
"""Takes how much was read, and how much there is (0 where nobody knows)."""


def _silent(done: int, total: int) -> None:
    """Nobody watches."""


def tick_batches(tape: Tape, progress: Progress = _silent) -> Iterator[TickBatch]:
    """The tape's ticks as a replay sends them: of one symbol each, in the tape's order.

    Rows that are none are left out; a warning says so at the end.
    """
    names, files = tape.symbols.names, tape.files
    counts, positions = Counts(), dict[int, int]()
    for chunk in tape.chunks():
        for batch in batches(chunk.ticks):
            columns = files[batch.file][1].tick_columns
            yield _ticks(batch, names[batch.code], columns)
        counts.add(chunk.counts)
        positions.update(chunk.positions)
        progress(sum(positions.values()), tape.size)
    if counts.rejected:
        logger.warning(
            "%s of %s rows are left out (%s): `tapedeck replay --dry-run` says more",
            f"{counts.rejected.total():,}", f"{counts.read:,}", ", ".join(sorted(counts.rejected)),
        )  # fmt: skip


def _ticks(batch: Batch, symbol: str, columns: tuple[str, ...]) -> TickBatch:
    values = {name: batch.columns[name].tolist() for name in columns}
    return TickBatch(symbol, batch.ts.tolist(), **values)


def tape_bars(
    tape: Tape, lengths: Mapping[str, int], grace_ms: int = 0, progress: Progress = _silent
) -> Iterator[Bar]:
    """The final bars of every interval in `lengths` ({name: ms}, shortest first).

    Each symbol's in their order; symbols are mixed. All that are open at the end close, as a replay
    closes them; late ticks and bad ones are left out, and a warning says how many were late.
    """
    folds: dict[str, Fold] = {}
    ticks = late = 0
    for batch in tick_batches(tape, progress):
        fold = folds.get(batch.symbol)
        if fold is None:
            fold = folds[batch.symbol] = Fold(batch.symbol, lengths, grace_ms, FoldState())
        bars, behind = fold.take(batch, screen(batch)[0])
        ticks, late = ticks + len(batch), late + len(behind)
        yield from bars
    for fold in folds.values():
        yield from fold.close(inf)
    if late:
        logger.warning(
            "%s of %s ticks are left out: their bar had closed before them; "
            "expected the rows of a file in the order of time",
            f"{late:,}", f"{ticks:,}",
        )  # fmt: skip
