"""Columns of text as numbers, all at once; what is none is told, never raised."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from streams.adapters.tape.rows import Floats, Mask

_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"


def text(column: Any) -> Any:
    """A column as plain strings, nulls as empty ones."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if column.type != pa.string():
        column = pc.cast(column, pa.string())
    return pc.fill_null(column, "") if column.null_count else column


def blank(column: Any) -> Mask:
    """Where a column holds nothing but blanks."""
    if not (pa.types.is_string(column.type) or pa.types.is_dictionary(column.type)):
        return _mask(pc.is_null(column))
    empty = _mask(pc.equal(pc.binary_length(strings := text(column)), 0))
    if not empty.all() and (maybe := _mask(pc.starts_with(strings, " ")) & ~empty).any():
        empty[maybe] = _mask(
            pc.equal(pc.ascii_trim_whitespace(strings.filter(pa.array(maybe))), "")
        )
    return empty


def numbers(column: Any) -> tuple[Floats, Mask]:
    """Values and where they are finite numbers; the others are NaN."""
    values = _floats(column)
    good = np.isfinite(values)
    return np.where(good, values, np.nan), good


def _floats(column: Any) -> Floats:
    kind = column.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _array(pc.cast(column, pa.float64(), safe=False))
    strings = text(column)
    try:
        return _array(pc.cast(strings, pa.float64()))
    except pa.ArrowInvalid:
        trimmed = pc.ascii_trim_whitespace(strings)
        matches = pc.match_substring_regex(trimmed, _NUMBER)
        return _array(pc.cast(pc.if_else(matches, trimmed, None), pa.float64()))


def _array(column: Any) -> Floats:
    return np.asarray(pc.fill_null(column, np.nan).to_numpy(zero_copy_only=False), np.float64)


def _mask(column: Any) -> Mask:
    return np.asarray(column.to_numpy(zero_copy_only=False), np.bool_)
