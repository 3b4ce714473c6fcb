"""Decompressed bytes cut into blocks of whole lines, so that every line keeps its number."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from streams.adapters.tape.inflate import TruncatedError, pieces
from streams.adapters.tape.rows import Ints
from streams.domain.errors import InputError

BLOCK_BYTES = 4 << 20
_LONGEST_LINE = 16 << 20
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines of a file; `fault` says why the file ends here, after a torn last line."""

    data: bytes
    first_line: int
    lines: int
    position: int
    """Bytes of the file read so far."""
    torn: bytes = b""
    fault: str | None = None

    def line_ends(self) -> Ints:
        """Offset after each line's LF (or after the last line without one)."""
        ends = np.flatnonzero(np.frombuffer(self.data, np.uint8) == 10) + 1
        if self.data and not self.data.endswith(b"\n"):
            ends = np.append(ends, len(self.data))
        return ends.astype(np.int64)

    def blank_lines(self) -> Ints:
        """Indexes of the lines that hold nothing at all: they are no rows."""
        ends = self.line_ends()
        lengths = np.diff(ends, prepend=0)
        if not (lengths <= 2).any():
            return np.empty(0, np.int64)
        last = np.frombuffer(self.data, np.uint8)[np.maximum(ends - 2, 0)]
        return np.flatnonzero((lengths == 1) | ((lengths == 2) & (last == 13))).astype(np.int64)

    def first_rows(self, rows: int) -> tuple["Block", int]:
        """At most that many lines that are not blank, and how many are then still wanted."""
        there = np.delete(np.arange(self.lines), self.blank_lines())
        if len(there) <= rows:
            return self, rows - len(there)
        end = int(self.line_ends()[there[rows - 1]]) if rows else 0
        return Block(self.data[:end], self.first_line, rows, self.position), 0


class Lines:
    """The text of a block's lines by their number in the file; finds the ends when first asked."""

    def __init__(self, block: Block) -> None:
        self._block = block
        self._ends: Ints | None = None

    def __call__(self, number: int) -> bytes:
        if self._ends is None:
            self._ends = self._block.line_ends()
        index = number - self._block.first_line
        start = int(self._ends[index - 1]) if index else 0
        return self._block.data[start : int(self._ends[index])].rstrip(b"\r\n")


def blocks(path: Path, skip_lines: int = 0, size: int = BLOCK_BYTES) -> Iterator[Block]:
    """Blocks of about `size` bytes in order, without the first `skip_lines` lines and a BOM.

    A file cut short ends with a block that has a `fault`.
    """
    held: list[bytes] = []
    held_bytes = position = 0
    cutter = _Cutter(skip_lines)
    fault = None
    try:
        for data, position in pieces(path):
            held.append(data)
            held_bytes += len(data)
            if held_bytes >= size:
                block, rest = cutter.cut(b"".join(held), position)
                held, held_bytes = [rest], len(rest)
                _check_line(path, rest)
                if block.data:
                    yield block
    except TruncatedError as error:
        fault = str(error)
    yield cutter.last(b"".join(held), position, fault)


class _Cutter:
    """Where the next block begins: its line number, and how many lines are still to skip."""

    def __init__(self, skip_lines: int) -> None:
        self._skip = skip_lines
        self._line = 1

    def cut(self, data: bytes, position: int) -> tuple[Block, bytes]:
        """The whole lines of the data, and the rest."""
        end = data.rfind(b"\n") + 1
        return self._block(data[:end], position), data[end:]

    def last(self, data: bytes, position: int, fault: str | None) -> Block:
        """What is left; a last line that a fault has torn is not a row."""
        end = len(data) if fault is None else data.rfind(b"\n") + 1
        block = self._block(data[:end], position)
        return replace(block, torn=data[end:], fault=fault)

    def _block(self, data: bytes, position: int) -> Block:
        if self._line == 1:
            data = data.removeprefix(BOM)
        start = 0
        while self._skip and (end := data.find(b"\n", start) + 1):
            start, self._skip, self._line = end, self._skip - 1, self._line + 1
        data = data[start:] if not self._skip else b""
        lines = _count_lines(data)
        self._line += lines
        return Block(data, self._line - lines, lines, position)


def _count_lines(data: bytes) -> int:
    whole = np.count_nonzero(np.frombuffer(data, np.uint8) == 10)
    return int(whole) + bool(data and not data.endswith(b"\n"))


def _check_line(path: Path, rest: bytes) -> None:
    if len(rest) > _LONGEST_LINE:
        raise InputError(
            f"{path.name}: expected lines that end in LF or CRLF, "
            f"was a line of more than {_LONGEST_LINE >> 20} MB"
        )
