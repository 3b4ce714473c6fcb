"""Ticks of a tape as columns, numbered, and the counts of the rows that they come from."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from streams.adapters.tape.rows import Codes, Floats, Ints, Mask, RowReject


@dataclass(slots=True)
class Counts:
    """What became of rows: read == without_price + filtered + rejected + ticks.

    `crossed` and `locked` are parts of `ticks`: quotes with the bid above or at the ask.
    """

    read: int = 0
    without_price: int = 0
    filtered: int = 0
    ticks: int = 0
    crossed: int = 0
    locked: int = 0
    rejected: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Counts") -> None:
        self.read += other.read
        self.without_price += other.without_price
        self.filtered += other.filtered
        self.ticks += other.ticks
        self.crossed += other.crossed
        self.locked += other.locked
        self.rejected.update(other.rejected)


@dataclass(frozen=True, slots=True)
class Ticks:
    """Columns of equal length; `key` is the largest time so far in the tick's own file."""

    code: Codes
    file: npt.NDArray[np.int16]
    ordinal: Ints
    ts: Ints
    key: Ints
    columns: dict[str, Floats]

    def __len__(self) -> int:
        return len(self.ts)

    def take(self, rows: "Ints | Mask | slice") -> "Ticks":
        return Ticks(
            self.code[rows],
            self.file[rows],
            self.ordinal[rows],
            self.ts[rows],
            self.key[rows],
            {name: values[rows] for name, values in self.columns.items()},
        )

    def shifted(self, ms: int) -> "Ticks":
        return replace(self, ts=self.ts + ms, key=self.key + ms) if ms else self


@dataclass(frozen=True, slots=True)
class Chunk:
    """Ticks in order, with the counts and rejects of the rows that were read along with them."""

    ticks: Ticks
    counts: Counts
    rejects: list[tuple[int, RowReject]]
    """(file number, reject)."""
    positions: dict[int, int]
    """Bytes read so far, by file number."""


def joined(parts: Sequence[Ticks]) -> Ticks:
    """One after the other; a column that a part lacks is NaN there."""
    if len(parts) == 1:
        return parts[0]
    names = dict.fromkeys(name for part in parts for name in part.columns)
    return Ticks(
        np.concatenate([part.code for part in parts]),
        np.concatenate([part.file for part in parts]),
        np.concatenate([part.ordinal for part in parts]),
        np.concatenate([part.ts for part in parts]),
        np.concatenate([part.key for part in parts]),
        {name: np.concatenate([_column(part, name) for part in parts]) for name in names},
    )


def _column(part: Ticks, name: str) -> Floats:
    values = part.columns.get(name)
    return np.full(len(part), np.nan) if values is None else values


def joined_chunks(parts: Sequence[Chunk], ticks: Ticks | None = None) -> Chunk:
    """Several chunks as one; `ticks` where they are not simply one after the other."""
    counts, positions = Counts(), {}
    for part in parts:
        counts.add(part.counts)
        positions.update(part.positions)
    rejects = [reject for part in parts for reject in part.rejects]
    return Chunk(
        joined([p.ticks for p in parts]) if ticks is None else ticks, counts, rejects, positions
    )
