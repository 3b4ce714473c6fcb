"""What passes between the steps of reading: rows as columns, and the rows that were refused."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class RowReject:
    """A row that was not accepted: why, its 1-based line, its exact text.

    `rows` says how many rows it stands for: a line of a wide table holds several. `part` tells
    rejects of one line and reason apart.
    """

    reason: str
    detail: str
    line: int
    raw: bytes
    rows: int = 1
    part: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of a file as Arrow columns by index, with the line of each row."""

    columns: dict[int, Any]
    lines: Ints
    text: Callable[[int], bytes]
    """The exact text of a line."""
    rejects: list[RowReject] = field(default_factory=list)
    """Lines that are no rows: a wrong number of columns, no UTF-8."""

    def __len__(self) -> int:
        return len(self.lines)

    def filter(self, mask: Mask) -> "Table":
        if mask.all():
            return self
        keep = pa.array(mask)
        columns = {at: pc.filter(column, keep) for at, column in self.columns.items()}
        return Table(columns, self.lines[mask], self.text, self.rejects)


@dataclass(frozen=True, slots=True)
class Rows:
    """The ticks of a table, in its order: `codes` index into `symbols`.

    `columns` holds `price`, and `size`, `open`, `high`, `low`, `bid`, `ask` where the format has
    them.
    """

    symbols: list[str]
    codes: Codes
    ts: Ints
    columns: dict[str, Floats]
    rows_read: int
    without_price: int
    rejects: list[RowReject]


class Verdicts:
    """Collects what is wrong with the rows of a table; the first fault of a row counts."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._found: list[tuple[Mask, str, str, Any]] = []
        self.good: Mask = np.ones(len(table), np.bool_)

    def refuse(self, bad: Mask, reason: str, expected: str, was: Any) -> None:
        """Refuse the rows of a mask; `was` is the column, or a function of the row, to quote."""
        fresh = bad & self.good
        if fresh.any():
            self._found.append((fresh, reason, expected, was))
            self.good &= ~bad

    def rejects(self) -> list[RowReject]:
        """One reject per refused row, in the order of the lines."""
        found = [
            RowReject(reason, f"{expected}, was {_quote(was, row)}", line, self._table.text(line))
            for mask, reason, expected, was in self._found
            for row in np.flatnonzero(mask).tolist()
            for line in (int(self._table.lines[row]),)
        ]
        return sorted(found, key=lambda reject: reject.line)


def _quote(was: Any, row: int) -> str:
    value = was(row) if callable(was) else was[row].as_py()
    return repr(value)[:120]
