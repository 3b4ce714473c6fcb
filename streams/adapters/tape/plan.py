"""How one file is to be read: what the options ask for, and what its head turned out to be."""

import json
from dataclasses import asdict, dataclass
from enum import StrEnum

import xxhash

from streams.adapters.tape.time_layout import DateOrder, Unit


class Format(StrEnum):
    AUTO = "auto"
    DEBS = "debs"
    TICKS = "ticks"
    QUOTES = "quotes"
    CANDLES = "candles"
    WIDE = "wide"


class CandleTime(StrEnum):
    START = "start"
    END = "end"


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What a user may say about files; None where the file shall tell."""

    format: Format = Format.AUTO
    symbol: str | None = None
    tz: str = "UTC"
    candle_time: CandleTime = CandleTime.START
    date_order: DateOrder | None = None
    symbol_column: str | None = None
    time_column: str | None = None
    price_column: str | None = None
    size_column: str | None = None

    def column(self, role: str) -> str | None:
        """The column that the user chose for `symbol`, `time`, `price` or `size`."""
        chosen: str | None = getattr(self, f"{role}_column", None)
        return chosen


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that decides how the rows of one file are read.

    `roles` maps `symbol time date price size bid ask open high low` to column indexes; for wide
    tables `cells` lists the columns that are symbols.
    """

    format: Format
    names: tuple[str, ...]
    roles: dict[str, int]
    cells: tuple[int, ...] = ()
    delimiter: str = ","
    skip_lines: int = 0
    parquet: bool = False
    symbol: str | None = None
    unit: Unit | None = None
    date_order: DateOrder | None = None
    day_only: bool = False
    """The times are dates: a wide table's cells are then stamped with a time of day."""
    tz: str = "UTC"
    candle_time: CandleTime = CandleTime.START

    @property
    def wanted(self) -> list[int]:
        return sorted({*self.roles.values(), *self.cells})

    @property
    def tick_columns(self) -> tuple[str, ...]:
        """Names of the value columns that this file's ticks have."""
        if self.format is Format.CANDLES:
            return ("price", *(("size",) if "size" in self.roles else ()), "open", "high", "low")
        return ("price", "size") if "size" in self.roles else ("price",)

    @property
    def rows_per_line(self) -> int:
        return len(self.cells) or 1

    def source(self, digest: str, lap: int = 0) -> str:
        """The identity of the ticks: a hash of the content, and of what changes its reading."""
        told = {
            name: value
            for name, value in asdict(self).items()
            if name not in ("names", "parquet", "delimiter", "skip_lines")
        }
        told |= {"lap": lap} if lap else {}
        options = json.dumps(told, sort_keys=True, separators=(",", ":"))
        return f"{digest}-{xxhash.xxh3_64_hexdigest(options.encode())}"
