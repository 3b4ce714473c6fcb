"""Which column is the time, and its values in UTC milliseconds."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from streams.adapters.tape.column_names import candidates, chosen, plain, unit_of
from streams.adapters.tape.numbers import blank, text
from streams.adapters.tape.plan import ReadOptions
from streams.adapters.tape.rows import Ints, Mask
from streams.adapters.tape.time_layout import DateOrder, Unit, layout, time_of_day
from streams.adapters.tape.times import patterns, read_times, typed_times
from streams.domain.errors import ConfigError, InputError
from streams.domain.tick import MAX_TS, MIN_TS


@dataclass(frozen=True, slots=True)
class TimeColumn:
    """The column (or date and time-of-day columns) that is the time, and how to read it."""

    at: int
    date: int | None
    unit: Unit | None
    order: DateOrder | None
    resolution: int
    """Nanoseconds."""


def check_zone(tz: str) -> None:
    """Raises ConfigError when there is no such time zone."""
    try:
        ZoneInfo(tz)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigError(f"--tz: expected a zone such as Europe/Berlin, was {tz!r}") from error


def joined(date: Any, time: Any) -> Any:
    """`date time` of two columns; empty where both are."""
    return pc.utf8_trim_whitespace(pc.binary_join_element_wise(text(date), text(time), " "))


def utc_ms(
    column: Any, tz: str, unit: Unit | None = None, order: DateOrder | None = None
) -> tuple[Ints, Mask]:
    """Epoch ms of a column and which of them are times within 1970..2199; naive ones are in tz."""
    typed = typed_times(column, unit)
    if typed is not None:
        ms, good, is_naive = typed
        naive = np.full(len(ms), is_naive)
    else:
        read = partial(layout, order=order, epoch=unit is not None)
        ms, good, naive = read_times(column, read, unit)
    return in_range(*to_utc(ms, good, naive, tz))


def in_range(ms: Ints, good: Mask) -> tuple[Ints, Mask]:
    return ms, good & (ms >= MIN_TS) & (ms < MAX_TS)


def to_utc(ms: Ints, good: Mask, naive: Mask, tz: str) -> tuple[Ints, Mask]:
    """Local times as UTC: the earlier of two in autumn, none for the hour that spring skips."""
    local = naive & good
    if tz == "UTC" or not local.any():
        return ms, good
    import polars as pl

    wall = pl.Series(ms[local]).cast(pl.Datetime("ms"))
    zoned = wall.dt.replace_time_zone(tz, ambiguous="earliest", non_existent="null")
    ms, good = ms.copy(), good.copy()
    good[local] = zoned.is_not_null().to_numpy()
    ms[local] = zoned.dt.epoch("ms").fill_null(0).to_numpy()
    return ms, good


def find_time(names: Sequence[str], sample: dict[int, Any], options: ReadOptions) -> TimeColumn:
    """The time column by name and by the first rows.

    Columns that agree on the first rows are one time in several resolutions: the finest is taken.
    Raises InputError, with the columns seen and the option to set, when none can be read, when
    they disagree, or when day and month cannot be told apart.
    """
    at = chosen(names, "time", options)
    named = [at] if at is not None else candidates(names, "time")
    found = [column for at in named if (column := _readable(names, sample, at, options))]
    if not found:
        seen = ", ".join(repr(name.strip()) for name in names)
        raise InputError(f"time: expected a column of times, was {seen}: set --time-column")
    best = min(found, key=lambda column: column.resolution)
    for other in found:
        _check_agrees(names, sample, options, best, other)
    return best


def values(column: TimeColumn, columns: dict[int, Any], tz: str) -> tuple[Ints, Mask]:
    """The times of a time column."""
    raw = columns[column.at]
    if column.date is not None:
        raw = joined(columns[column.date], raw)
    return utc_ms(raw, tz, column.unit, column.order)


def _readable(
    names: Sequence[str], sample: dict[int, Any], at: int, options: ReadOptions
) -> TimeColumn | None:
    column, unit = sample[at], unit_of(names[at])
    if typed_times(column, unit) is not None:
        day = pa.types.is_date(column.type)
        return TimeColumn(at, None, None, None, 86_400_000_000_000 if day else 1)
    date = None
    if _only_clock(column):
        date = _date_beside(names, at)
        if date is None:
            return None
        column, unit = joined(sample[date], column), None
    order = _order(column, names[at], options)
    shapes = [shape for p in patterns(column) if (shape := layout(p, order, unit is not None))]
    good = utc_ms(column, options.tz, unit, order)[1]
    if not shapes or good.sum() * 2 < (~blank(column)).sum():
        return None
    epoch = {None: 1, "s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
    finest = min(shape.resolution or _epoch_resolution(column, epoch[unit]) for shape in shapes)
    return TimeColumn(at, date, unit, order, finest)


def _epoch_resolution(column: Any, known: int) -> int:
    digits = max((len(value.strip()) for value in text(column).to_pylist()), default=10)
    if known != 1:
        return known
    return 10**9 if digits <= 11 else 10**6 if digits <= 14 else 10**3 if digits <= 17 else 1


def _only_clock(column: Any) -> bool:
    found = patterns(column)
    return bool(found) and all(
        ":" in pattern and time_of_day(pattern) is not None for pattern in found
    )


def _date_beside(names: Sequence[str], clock: int) -> int | None:
    dates = [at for at in range(len(names)) if plain(names[at]) in ("date", "dates", "day")]
    return dates[0] if len(dates) == 1 and dates[0] != clock else None


def _order(column: Any, name: str, options: ReadOptions) -> DateOrder | None:
    """Whether the day or the month comes first in `99/99/9999`, from rows where one is over 12."""
    unknown = any(
        (shape := layout(p, None)) is not None and shape.day_first_unknown for p in patterns(column)
    )
    if not unknown or options.date_order is not None:
        return options.date_order if unknown else None
    read = {order: utc_ms(column, "UTC", None, order)[1].sum() for order in ("dmy", "mdy")}
    if read["dmy"] == read["mdy"]:
        shown = text(column)[0].as_py()
        raise InputError(
            f"{name.strip()}: expected to tell day from month, was {shown!r}: set --date-order"
        )
    return "dmy" if read["dmy"] > read["mdy"] else "mdy"


def _check_agrees(
    names: Sequence[str],
    sample: dict[int, Any],
    options: ReadOptions,
    best: TimeColumn,
    other: TimeColumn,
) -> None:
    ours, good = values(best, sample, options.tz)
    theirs, also = values(other, sample, options.tz)
    both = good & also
    if (np.abs(ours - theirs)[both] > max(1, other.resolution // 1_000_000)).any():
        pair = f"{names[best.at].strip()!r} and {names[other.at].strip()!r}"
        raise InputError(
            f"time: expected one column, was {pair}, which differ: choose with --time-column"
            " (or say what zone naive times are in with --tz)"
        )
