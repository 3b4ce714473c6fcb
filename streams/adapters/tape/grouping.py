"""Ticks of many symbols regrouped into batches of one symbol whose ordinals are consecutive."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from streams.adapters.tape.chunk import Ticks
from streams.adapters.tape.rows import Codes, Floats, Ints

BATCH_TICKS = 4_096


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive ticks of one symbol and file; columns are slices of a window's."""

    code: int
    file: int
    first: int
    ts: Ints
    columns: dict[str, Floats]


def order_by_code(codes: Codes) -> Ints:
    """Rows by symbol, each symbol's in their own order; radix sort while 16 bits are enough."""
    small = codes.astype(np.uint16) if len(codes) and codes.max() < 65_536 else codes
    return np.argsort(small, kind="stable").astype(np.int64)


def batches(ticks: Ticks, largest: int = BATCH_TICKS) -> Iterator[Batch]:
    """The ticks symbol by symbol; a new batch at another file, a gap, or `largest` ticks."""
    if not len(ticks):
        return
    ticks = ticks.take(order_by_code(ticks.code))
    starts = _starts(ticks, largest).tolist()
    codes, files = ticks.code[starts].tolist(), ticks.file[starts].tolist()
    firsts = ticks.ordinal[starts].tolist()
    for at, (start, end) in enumerate(zip(starts, [*starts[1:], len(ticks)], strict=True)):
        columns = {name: values[start:end] for name, values in ticks.columns.items()}
        yield Batch(codes[at], files[at], firsts[at], ticks.ts[start:end], columns)


def _starts(ticks: Ticks, largest: int) -> Ints:
    broken = (
        (ticks.code[1:] != ticks.code[:-1])
        | (ticks.file[1:] != ticks.file[:-1])
        | (ticks.ordinal[1:] != ticks.ordinal[:-1] + 1)
    )
    starts = np.concatenate([[0], np.flatnonzero(broken) + 1])
    lengths = np.diff(np.append(starts, len(ticks)))
    pieces = -(-lengths // largest)
    within = np.arange(pieces.sum()) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    return np.asarray(np.repeat(starts, pieces) + within * largest, np.int64)
