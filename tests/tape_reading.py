"""Reading small tapes whole."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streams.adapters.tape.chunk import Counts, Ticks, joined
from streams.adapters.tape.plan import Plan, ReadOptions
from streams.adapters.tape.reading import Pick
from streams.adapters.tape.rows import RowReject
from streams.adapters.tape.tape import open_tape


@dataclass(frozen=True)
class Read:
    """Everything that one pass over a tape gave."""

    counts: Counts
    rejects: list[RowReject]
    parts: list[Ticks]
    names: list[str]
    plans: list[Plan]
    sources: list[str]
    empty: tuple[str, ...]

    @property
    def ticks(self) -> Ticks:
        return joined(self.parts)

    def events(self) -> list[tuple[str, int, float]]:
        """(symbol, ts, price) in the order of the tape."""
        if not self.parts:
            return []
        t = self.ticks
        rows = zip(t.code.tolist(), t.ts.tolist(), t.columns["price"].tolist(), strict=True)
        return [(self.names[code], ts, price) for code, ts, price in rows]

    def reasons(self) -> list[tuple[int, str]]:
        return [(reject.line, reject.reason) for reject in self.rejects]


Reader = Callable[..., Read]
"""Reads files or, as `tape_of`, a content; options are those of `read_tape`."""


def read_tape(
    *paths: Path, pick: Pick | None = None, limit: int | None = None, **options: Any
) -> Read:
    with open_tape(
        [str(path) for path in paths], ReadOptions(**options), pick or Pick(), limit
    ) as tape:
        counts, rejects, parts = Counts(), [], []
        for chunk in tape.chunks():
            counts.add(chunk.counts)
            rejects += [reject for _, reject in chunk.rejects]
            parts.append(chunk.ticks)
        sources = [tape.source(number) for number in range(len(tape.files))]
        plans = [plan for _, plan in tape.files]
        read = Read(counts, rejects, parts, tape.symbols.names, plans, sources, tape.empty)
    refused = sum(counts.rejected.values())
    assert counts.read == counts.without_price + counts.filtered + refused + counts.ticks
    assert sum(map(len, parts)) == counts.ticks
    assert sum(reject.rows for reject in rejects) == refused
    return read
