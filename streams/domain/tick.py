"""Ticks travel in columnar batches of ONE symbol; a bad tick rejects itself, never its batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

# Ticks outside [1970, 2200) are clock faults or a wrong unit, not market data.
MIN_TS, MAX_TS = 0, 7_258_118_400_000
MAX_SYMBOL = 64


class Mark(StrEnum):
    """What a batch without ticks says about its source's clock."""

    HEARTBEAT = "heartbeat"
    """Every tick of this symbol before `clock` has been sent: bars that have ended may close."""
    END = "end"
    """The tape is over: every open bar closes, and a report of the run is due."""
    REPORT = "report"
    """The tape is over but its bars stay open (`--no-end`); a report of the run is due."""


@dataclass(frozen=True, slots=True)
class TickBatch:
    """The ticks of one symbol in the order of arrival: columns of equal length.

    `ts` is epoch ms UTC, `price` is finite and > 0, `size` is finite and >= 0. A batch of candles
    also has `open`, `high`, `low`, and its `price` is the close.

    `crossed` are the ticks made of a quote whose bid was not below its ask: (index, bid, ask).

    `source` and `first` identify each tick for good: tick i is number `first + i` among this
    symbol's ticks in that source (a content hash). Without `source` the message's topic, partition
    and offset do. `run` names one run of a replay; `mark` and `clock` (ms) are for batches
    without ticks.
    """

    symbol: str
    ts: Sequence[int] = ()
    price: Sequence[float] = ()
    size: Sequence[float] | None = None
    open: Sequence[float] | None = None
    high: Sequence[float] | None = None
    low: Sequence[float] | None = None
    source: str | None = None
    first: int = 0
    run: str | None = None
    mark: Mark | None = None
    clock: int | None = None
    crossed: Sequence[tuple[int, float, float]] | None = None

    def __len__(self) -> int:
        return len(self.ts)


@dataclass(frozen=True, slots=True)
class Reject:
    """One tick or message that was not accepted, and why."""

    reason: str
    detail: str
    position: int
    """Index within its message, or line number within its file."""
    raw: str
