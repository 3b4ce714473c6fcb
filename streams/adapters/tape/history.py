"""The bars of a tape without Kafka: the fold of `run bars` over the batches of a replay."""

from collections.abc import Iterator, Mapping
from math import inf

from streams.adapters.tape.grouping import Batch, batches
from streams.adapters.tape.tape import Tape
from streams.domain.bar import Bar
from streams.domain.fold import Fold, FoldState
from streams.domain.screen import screen
from streams.domain.tick import TickBatch


def tick_batches(tape: Tape) -> Iterator[TickBatch]:
    """The tape's ticks as a replay sends them: of one symbol each, in the tape's order."""
    names, files = tape.symbols.names, tape.files
    for chunk in tape.chunks():
        for batch in batches(chunk.ticks):
            columns = files[batch.file][1].tick_columns
            yield _ticks(batch, names[batch.code], columns)


def _ticks(batch: Batch, symbol: str, columns: tuple[str, ...]) -> TickBatch:
    values = {name: batch.columns[name].tolist() for name in columns}
    return TickBatch(symbol, batch.ts.tolist(), **values)


def tape_bars(tape: Tape, lengths: Mapping[str, int], grace_ms: int = 0) -> Iterator[Bar]:
    """The final bars of every interval in `lengths` ({name: ms}, shortest first).

    Each symbol's in their order; symbols are mixed. All that are open at the end close, as a replay
    closes them; late ticks and bad ones are left out.
    """
    folds: dict[str, Fold] = {}
    for batch in tick_batches(tape):
        fold = folds.get(batch.symbol)
        if fold is None:
            fold = folds[batch.symbol] = Fold(batch.symbol, lengths, grace_ms, FoldState())
        yield from fold.take(batch, screen(batch)[0])[0]
    for fold in folds.values():
        yield from fold.close(inf)
