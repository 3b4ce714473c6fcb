"""A tape: files named together, read as one stream of ticks, as often as wanted."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

from streams.adapters.tape.blocks import blocks
from streams.adapters.tape.chunk import Chunk
from streams.adapters.tape.file import TapeFile, tape_files
from streams.adapters.tape.merge import merged
from streams.adapters.tape.parquet import parquet_rows
from streams.adapters.tape.plan import Plan, ReadOptions
from streams.adapters.tape.reading import FileReader, Pick
from streams.adapters.tape.sniff import plan_for
from streams.adapters.tape.symbols import SymbolTable
from streams.domain.errors import ConfigError

_THREADS = 2


@dataclass(frozen=True, slots=True)
class Tape:
    """Files with their plans; files without a row are left out and named in `empty`.

    `symbols` numbers the symbols in the order in which any reading first meets them.
    """

    files: Sequence[tuple[TapeFile, Plan]]
    empty: tuple[str, ...]
    pick: Pick
    limit: int | None = None
    symbols: SymbolTable = field(default_factory=SymbolTable)

    @property
    def size(self) -> int:
        """Bytes to read for one pass."""
        return sum(file.size for file, _ in self.files)

    def source(self, number: int, lap: int = 0) -> str:
        """The identity of the ticks of a file, in one lap of a loop."""
        file, plan = self.files[number]
        return plan.source(file.digest, lap)

    def chunks(self) -> Iterator[Chunk]:
        """Read the tape once, from its beginning."""
        with ThreadPoolExecutor(_THREADS, "tape") as pool:
            readers = [
                FileReader(number, self.symbols, self.pick).chunks(
                    file, plan, pool, limit, len(self.files)
                )
                for number, ((file, plan), limit) in enumerate(
                    zip(self.files, self._limits(), strict=True)
                )
                if limit is None or limit > 0
            ]
            try:
                yield from merged(readers) if readers else ()
            finally:
                for reader in readers:
                    with closing(reader):  # type: ignore[type-var]  # generators have close()
                        pass

    def _limits(self) -> list[int | None]:
        """The limit counts the rows of the files in the order in which they were named."""
        if self.limit is None:
            return [None] * len(self.files)
        left, limits = self.limit, []
        for file, plan in self.files:
            limits.append(left)
            if len(self.files) > 1 and left:
                left = max(0, left - _count_rows(file, plan, left))
        return [*limits]


@contextmanager
def open_tape(
    names: list[str], options: ReadOptions, pick: Pick, limit: int | None = None
) -> Iterator[Tape]:
    """Find, hash and look at the files.

    Raises InputError or ConfigError when one cannot be read as it is, or when a symbol was named
    that no file needs.
    """
    with tape_files(names) as files:
        plans = [(file, plan_for(file, options)) for file in files]
        known = [(file, plan) for file, plan in plans if plan is not None]
        if options.symbol and known and all(plan.symbol is None for _, plan in known):
            raise ConfigError(
                "--symbol: expected a file without a symbol column, was none "
                "(--symbols chooses among the symbols of a file)"
            )
        empty = tuple(file.name for file, plan in plans if plan is None)
        yield Tape(known, empty, pick, limit)


def _count_rows(file: TapeFile, plan: Plan, enough: int) -> int:
    if plan.parquet:
        return parquet_rows(file) * plan.rows_per_line
    rows = 0
    for block in blocks(file.path, plan.skip_lines):
        lines = block.lines - len(block.blank_lines())
        rows += (lines + (block.fault is not None)) * plan.rows_per_line
        if rows >= enough:
            break
    return rows
