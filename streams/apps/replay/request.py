"""What a replay is asked to do, and what came of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from streams.adapters.tape.chunk import Counts
from streams.adapters.tape.plan import ReadOptions
from streams.adapters.tape.reading import Pick


@dataclass(frozen=True, slots=True)
class ReplayRequest:
    """Files to replay as one tape; `speed` is a multiple of real time, None as fast as it goes.

    `limit` is a number of rows to read (of each lap); without `end` the bars stay open.
    """

    files: tuple[str, ...]
    read: ReadOptions = field(default_factory=ReadOptions)
    pick: Pick = field(default_factory=Pick)
    limit: int | None = None
    speed: float | None = None
    loop: bool = False
    end: bool = True
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a replay is: of `size` bytes `position`, rows read, ticks sent, lap and tape's clock.

    At a multiple of real time `position` follows the tape's clock, as the time left does.
    """

    position: int
    size: int
    rows: int
    ticks: int
    lap: int
    clock: int | None


Report = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """What became of every row; `symbols` are those with a tick, each owes a report on `tapes`.

    `sent` is fewer than `counts.ticks` only when interrupted: rows are read ahead.
    `first` and `last` are the smallest and largest tick times. `interrupted`: stopped before its
    end, so no mark was sent and the same replay can be run again.
    """

    run: str
    counts: Counts
    symbols: tuple[str, ...]
    first: int | None
    last: int | None
    seconds: float
    sent: int = 0
    empty: tuple[str, ...] = ()
    interrupted: bool = False

    def summary(self) -> dict[str, Any]:
        """The first line of the summary, by the names that programs read."""
        counts = self.counts
        rejected = sum(counts.rejected.values())
        return {
            "run": self.run,
            "rows_read": counts.read,
            "rows_without_price": counts.without_price,
            "rows_filtered": counts.filtered,
            "rows_rejected": rejected,
            "rejected": dict(sorted(counts.rejected.items())),
            "ticks": counts.ticks,
            "quotes_crossed": counts.crossed,
            "quotes_locked": counts.locked,
            "ticks_sent": self.sent,
            "symbols": len(self.symbols),
            "first_ts_ms": self.first,
            "last_ts_ms": self.last,
            "seconds": round(self.seconds, 3),
            "rows_per_second": round(counts.read / self.seconds) if self.seconds else 0,
            "empty_files": list(self.empty),
            "interrupted": self.interrupted,
        }
