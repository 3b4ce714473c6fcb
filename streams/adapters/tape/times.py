"""Columns of times as epoch milliseconds UTC, all rows at once; finer parts are floored."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from streams.adapters.tape.numbers import text
from streams.adapters.tape.rows import Ints, Mask
from streams.adapters.tape.time_layout import Layout, Unit

DAY_MS = 86_400_000
_PATTERNS = 16  # patterns tried over whole arrays before the rest is looked at pattern by pattern
Bytes = npt.NDArray[np.uint8]
Read = Callable[[str], Layout | None]
_MONTH_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], np.int64)


def read_times(column: Any, read: Read, unit: Unit | None = None) -> tuple[Ints, Mask, Mask]:
    """Times, where they are times, and where they are naive (say no zone)."""
    strings = text(column)
    out = np.zeros(len(strings), np.int64)
    good, naive = np.zeros(len(strings), np.bool_), np.zeros(len(strings), np.bool_)
    for rows, digits, pattern in _by_pattern(strings):
        found = read(pattern)
        if found is not None:
            out[rows], good[rows] = (
                _epoch(digits, found, unit) if found.epoch else _calendar(digits, found)
            )
            naive[rows] = not found.zoned
    return out, good, naive


def patterns(column: Any) -> list[str]:
    """The different patterns of a column."""
    return [pattern for _, _, pattern in _by_pattern(text(column))]


def _by_pattern(strings: Any) -> Iterator[tuple[Ints, Bytes, str]]:
    """Row numbers, digit values (n x length) and the pattern they share."""
    offsets = np.frombuffer(strings.buffers()[1], np.int32)[strings.offset :][: len(strings) + 1]
    buffer = strings.buffers()[2]
    if not len(strings) or buffer is None:
        return
    data = np.frombuffer(buffer, np.uint8)
    starts, lengths = offsets[:-1], np.diff(offsets)
    for length in np.unique(lengths).tolist():
        if 0 < length <= 64:
            rows = np.flatnonzero(lengths == length).astype(np.int64)
            chars = data[starts[rows][:, None] + np.arange(length, dtype=np.int32)]
            yield from _peel(rows, chars)


def _peel(rows: Ints, chars: Bytes) -> Iterator[tuple[Ints, Bytes, str]]:
    digits = chars - 48
    shapes = np.where(digits < 10, np.uint8(57), chars)
    for _ in range(_PATTERNS):
        same = (shapes == shapes[0]).all(axis=1)
        yield rows[same], digits[same], shapes[0].tobytes().decode("latin-1")
        if same.all():
            return
        rows, digits, shapes = rows[~same], digits[~same], shapes[~same]
    kinds, which = np.unique(shapes, axis=0, return_inverse=True)
    for kind, shape in enumerate(kinds):
        same = which.reshape(-1) == kind
        yield rows[same], digits[same], shape.tobytes().decode("latin-1")


def _number(digits: Bytes, span: tuple[int, int] | None) -> Ints:
    if span is None:
        return np.zeros(len(digits), np.int64)
    powers = 10 ** np.arange(span[1] - span[0] - 1, -1, -1, dtype=np.int64)
    return np.asarray(digits[:, span[0] : span[1]].astype(np.int64) @ powers, np.int64)


def _calendar(digits: Bytes, found: Layout) -> tuple[Ints, Mask]:
    """A date, a time of day, or both."""
    hour, minute = _number(digits, found.hour), _number(digits, found.minute)
    second = _number(digits, found.second)
    good = (hour < 24) & (minute < 60) & (second < 60)
    ms = hour * 3_600_000 + minute * 60_000 + second * 1_000 + _fraction_ms(digits, found.fraction)
    if found.year is not None:
        days, real = _days(*(_number(digits, s) for s in (found.year, found.month, found.day)))
        ms, good = ms + days * DAY_MS, good & real
    if found.zone is not None:
        offset, real = _offset(digits, found.zone)
        ms, good = ms + offset if found.west else ms - offset, good & real
    return ms, good


def _fraction_ms(digits: Bytes, span: tuple[int, int] | None) -> Ints:
    if span is None:
        return np.zeros(len(digits), np.int64)
    start, end = span[0], min(span[1], span[0] + 3)
    return np.asarray(_number(digits, (start, end)) * 10 ** (3 - (end - start)), np.int64)


def _offset(digits: Bytes, span: tuple[int, int]) -> tuple[Ints, Mask]:
    """`+HH`, `+HHMM` or `+HH:MM` in ms; letters mean UTC. Non-digits are left out."""
    columns = [at for at in range(*span) if bool((digits[:, at] < 10).all())]
    picked = digits[:, columns]
    width = len(columns)
    hours = _number(picked, (0, 2)) if width else _number(picked, None)
    minutes = _number(picked, (2, 4) if width == 4 else None)
    return hours * 3_600_000 + minutes * 60_000, (hours < 24) & (minutes < 60)


def _days(year: Ints, month: Ints, day: Ints) -> tuple[Ints, Mask]:
    """Days since 1970 in the Gregorian calendar, and which dates exist."""
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    real = (month >= 1) & (month <= 12)
    length = _MONTH_DAYS[np.where(real, month, 0)] + (leap & (month == 2))
    real &= (day >= 1) & (day <= length)
    shifted = year - (month <= 2)
    era, of_era = shifted // 400, shifted % 400
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468, real


def _epoch(digits: Bytes, found: Layout, unit: Unit | None) -> tuple[Ints, Mask]:
    """Seconds, ms, us or ns since 1970, told apart by their magnitude unless the unit is known."""
    value = _number(digits, found.epoch)
    seconds = (value < 10**11) if unit is None else np.full(len(value), unit == "s")
    if unit is None:
        steps = np.where(value < 10**14, 1, np.where(value < 10**17, 1_000, 1_000_000))
    else:
        steps = np.full(len(value), {"s": 1, "ms": 1, "us": 1_000, "ns": 1_000_000}[unit])
    small = np.where(seconds, np.minimum(value, 10**12), 0)
    ms = np.where(seconds, small * 1_000 + _fraction_ms(digits, found.fraction), value // steps)
    return ms.astype(np.int64), value >= 0


def _float_epoch(column: Any, unit: Unit | None) -> tuple[Ints, Mask]:
    """Epochs in floats: microseconds are rounded first, doubles hold no more of our century."""
    values = pc.fill_null(pc.cast(column, pa.float64()), np.nan).to_numpy(zero_copy_only=False)
    good = np.isfinite(values) & (np.abs(values) < 9e18)
    values = np.where(good, values, 0.0)
    if unit is None:
        scale = np.select([values < 1e11, values < 1e14, values < 1e17], [1e6, 1e3, 1.0], 1e-3)
    else:
        scale = np.full(len(values), {"s": 1e6, "ms": 1e3, "us": 1.0, "ns": 1e-3}[unit])
    small = np.abs(values) * scale < 9e18
    return np.round(np.where(small, values * scale, 0)).astype(np.int64) // 1_000, good & small


def typed_times(column: Any, unit: Unit | None = None) -> tuple[Ints, Mask, bool] | None:
    """Times of an Arrow timestamp, date or float column, and whether they are naive; else None."""
    kind = column.type
    if pa.types.is_floating(kind):
        return *_float_epoch(column, unit), False
    if not (pa.types.is_timestamp(kind) or pa.types.is_date(kind)):
        return None
    good = np.asarray(pc.is_valid(column).to_numpy(zero_copy_only=False), np.bool_)
    if pa.types.is_date(kind):
        column = pc.cast(column, pa.timestamp("ms"))
    per_ms = {"s": 0, "ms": 1, "us": 1_000, "ns": 1_000_000}[column.type.unit]
    zone = column.type.tz
    values = pc.fill_null(pc.cast(column, pa.int64()), 0).to_numpy(zero_copy_only=False)
    ms = values * 1_000 if not per_ms else values // per_ms
    return np.asarray(ms, np.int64), good, zone is None
