"""Tapes into frames and histories, read as `tapedeck replay` reads them."""

from collections.abc import Iterable
from operator import attrgetter
from pathlib import Path
from typing import Any

import polars as pl

from streams.adapters.settings import Settings, load_settings
from streams.adapters.tape.history import tape_bars, tick_batches
from streams.adapters.tape.plan import ReadOptions
from streams.adapters.tape.reading import Pick
from streams.adapters.tape.tape import open_tape
from streams.domain.bar import Bar
from streams.domain.errors import ConfigError
from streams.domain.interval import interval_ms, interval_name
from streams.research.frames import bars_of_frame, tick_frame
from streams.research.history import History

File = str | Path


def ticks(*files: File, pick: Pick | None = None, **reading: Any) -> pl.DataFrame:
    """The ticks of files that are one tape: `symbol ts_ms price size`, by symbol, then time.

    `reading` are the fields of `ReadOptions`: `symbol="EURUSD"` for files without a symbol column.
    Raises InputError or ConfigError when a file cannot be read as it is.
    """
    with open_tape([*map(str, files)], ReadOptions(**reading), pick or Pick()) as tape:
        return tick_frame(tick_batches(tape))


def load(
    *files: File,
    interval: str = "5m",
    pick: Pick | None = None,
    limit: int | None = None,
    settings: Settings | None = None,
    **reading: Any,
) -> History:
    """The bars of files that are one tape, folded as `run bars` folds them.

    `pick` chooses symbols and times, `limit` is a number of rows; `settings` are those of the
    environment unless given (averages, `TAPEDECK_CONFIG`). Raises InputError or ConfigError.
    """
    settings = settings or load_settings()
    length = interval_ms(interval)
    name = interval_name(length)
    options = ReadOptions(**reading)
    with open_tape([*map(str, files)], options, pick or Pick(), limit) as tape:
        return _history(name, tape_bars(tape, {name: length}, settings.grace_ms), settings)


def from_bars(frame: pl.DataFrame, settings: Settings | None = None) -> History:
    """The history of bars that are in a frame, with the columns of `History.bars`, of one interval.

    Raises ConfigError for none or several intervals, InputError for missing values, polars' errors
    for its columns.
    """
    bars = bars_of_frame(frame)
    names = sorted({bar.interval for bar in bars})
    if len(names) != 1:
        said = ", ".join(names) or "none"
        raise ConfigError(f"interval: expected bars of one interval, was {said}")
    return _history(names[0], bars, settings or load_settings())


def _history(interval: str, bars: Iterable[Bar], settings: Settings) -> History:
    return History(interval, sorted(bars, key=attrgetter("symbol", "start")), settings)
