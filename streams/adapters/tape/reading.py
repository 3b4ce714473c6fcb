"""One file as chunks of numbered, filtered ticks: parsed ahead in threads, numbered in order."""

from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial

import numpy as np

from streams.adapters.tape.blocks import BLOCK_BYTES, Block, blocks
from streams.adapters.tape.chunk import Chunk, Counts, Ticks
from streams.adapters.tape.csv_table import csv_table
from streams.adapters.tape.debs import read_debs
from streams.adapters.tape.events import read_events
from streams.adapters.tape.file import TapeFile
from streams.adapters.tape.grouping import order_by_code
from streams.adapters.tape.parquet import parquet_tables
from streams.adapters.tape.plan import Format, Plan
from streams.adapters.tape.rows import Codes, Ints, Mask, RowReject, Rows, Table
from streams.adapters.tape.symbols import SymbolTable
from streams.adapters.tape.wide import read_wide

_AHEAD = 3
_LEAST_BLOCK = 256 << 10
_READERS: dict[Format, Callable[[Table, Plan], Rows]] = {
    Format.DEBS: read_debs,
    Format.WIDE: read_wide,
}


@dataclass(frozen=True, slots=True)
class Pick:
    """Which ticks of a tape are wanted: symbols by glob, times in `[start, end)`."""

    symbols: tuple[str, ...] = ()
    start: int | None = None
    end: int | None = None

    def keeps(self, symbol: str) -> bool:
        return not self.symbols or any(fnmatchcase(symbol, glob) for glob in self.symbols)


@dataclass(frozen=True, slots=True)
class _Parsed:
    rows: Rows
    rejects: list[RowReject]
    position: int
    read: int


class FileReader:
    """Reads one file of a tape; keeps the ordinals of its symbols and its largest time."""

    def __init__(self, number: int, symbols: SymbolTable, pick: Pick) -> None:
        self._number = number
        self._symbols = symbols
        self._pick = pick
        self._next: Ints = np.zeros(0, np.int64)
        self._kept: Mask = np.zeros(0, np.bool_)
        self._largest = np.iinfo(np.int64).min

    def chunks(
        self, file: TapeFile, plan: Plan, pool: ThreadPoolExecutor, limit: int | None, share: int
    ) -> Iterator[Chunk]:
        """The file's ticks in file order.

        `limit` is a number of rows to read; `share` the number of files read at the same time,
        which memory is shared among.
        """
        size = max(_LEAST_BLOCK, BLOCK_BYTES // share)
        for parsed in _ahead(pool, _jobs(file, plan, limit, size), _AHEAD if share == 1 else 1):
            yield self._chunk(parsed)

    def _chunk(self, parsed: _Parsed) -> Chunk:
        rows = parsed.rows
        codes = self._codes(rows)
        ordinal = self._number_ticks(codes)
        wanted = self._wanted(codes, rows.ts)
        ts = rows.ts[wanted]
        key = np.maximum(np.maximum.accumulate(ts), self._largest) if len(ts) else ts
        self._largest = int(key[-1]) if len(ts) else self._largest
        ticks = Ticks(
            codes[wanted],
            np.full(len(ts), self._number, np.int16),
            ordinal[wanted],
            ts,
            key,
            {name: values[wanted] for name, values in rows.columns.items()},
        )
        rejected: Counter[str] = Counter()
        for reject in parsed.rejects:
            rejected[reject.reason] += reject.rows
        filtered = len(codes) - len(ticks)
        counts = Counts(
            parsed.read, rows.without_price, filtered, len(ticks), *_crossed(ticks), rejected
        )
        rejects = [(self._number, reject) for reject in parsed.rejects]
        return Chunk(ticks, counts, rejects, {self._number: parsed.position})

    def _codes(self, rows: Rows) -> Codes:
        """The tape's codes of the rows; only symbols that have a tick are in the tape."""
        used = np.bincount(rows.codes, minlength=len(rows.symbols)) > 0
        local = np.flatnonzero(used)
        table = np.zeros(len(rows.symbols), np.int32)
        table[local] = self._symbols.codes([rows.symbols[at] for at in local.tolist()])
        return table[rows.codes]

    def _number_ticks(self, codes: Codes) -> Ints:
        """Each tick's number among its symbol's ticks in this file."""
        grow = len(self._symbols) - len(self._next)
        if grow > 0:
            names = self._symbols.names[len(self._next) :]
            kept = np.array([self._pick.keeps(name) for name in names], np.bool_)
            self._next = np.concatenate([self._next, np.zeros(grow, np.int64)])
            self._kept = np.concatenate([self._kept, kept])
        order = order_by_code(codes)
        grouped = codes[order]
        counts = np.bincount(codes, minlength=len(self._next))
        starts = np.cumsum(counts) - counts
        ordinal = np.empty(len(codes), np.int64)
        ordinal[order] = np.arange(len(codes)) - starts[grouped] + self._next[grouped]
        self._next += counts
        return ordinal

    def _wanted(self, codes: Codes, ts: Ints) -> Mask:
        wanted = self._kept[codes]
        if self._pick.start is not None:
            wanted &= ts >= self._pick.start
        if self._pick.end is not None:
            wanted &= ts < self._pick.end
        return wanted


def _crossed(ticks: Ticks) -> tuple[int, int]:
    """How many quotes are crossed, and how many locked."""
    if "bid" not in ticks.columns:
        return 0, 0
    bid, ask = ticks.columns["bid"], ticks.columns["ask"]
    return int((bid > ask).sum()), int((bid == ask).sum())


def _jobs(
    file: TapeFile, plan: Plan, limit: int | None, size: int
) -> Iterator[Callable[[], _Parsed]]:
    """What there is to parse, block by block; a line of a wide table is several rows."""
    lines = None if limit is None else -(-limit // plan.rows_per_line)
    if plan.parquet:
        for table, position in parquet_tables(file, plan, lines):
            yield partial(_parse_table, table, plan, position)
        return
    for block in blocks(file.path, plan.skip_lines, size):
        if lines is not None:
            block, lines = block.first_rows(lines)
        yield partial(_parse_block, block, plan)
        if lines == 0:
            return


def _parse_block(block: Block, plan: Plan) -> _Parsed:
    table = csv_table(block, plan.delimiter, len(plan.names), plan.wanted)
    if block.fault is not None:
        line = block.first_line + block.lines
        table.rejects.append(RowReject("truncated", block.fault, line, block.torn))
    return _parse_table(table, plan, block.position)


def _parse_table(table: Table, plan: Plan, position: int) -> _Parsed:
    rows = _READERS.get(plan.format, read_events)(table, plan)
    width = plan.rows_per_line
    whole = [RowReject(r.reason, r.detail, r.line, r.raw, width) for r in table.rejects]
    rejects = sorted([*whole, *rows.rejects], key=lambda reject: reject.line)
    return _Parsed(rows, rejects, position, rows.rows_read + width * len(whole))


def _ahead(
    pool: ThreadPoolExecutor, jobs: Iterator[Callable[[], _Parsed]], ahead: int
) -> Iterator[_Parsed]:
    """Results in order, a few of them in the making."""
    waiting: deque[Future[_Parsed]] = deque()
    for job in jobs:
        waiting.append(pool.submit(job))
        if len(waiting) > ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
