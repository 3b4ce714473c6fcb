"""Rows in the binary format of PostgreSQL's COPY: exact, nothing to escape, arrays at C speed.

Format: https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-FILE-FORMATS, values as their
types' `recv` functions read them. A row is a 16-bit count of fields, each with a 32-bit length.
"""

import struct
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
NULL = b"\xff\xff\xff\xff"

_LENGTH = struct.Struct("!i")
_BIGINT = struct.Struct("!iq")
_DOUBLE = struct.Struct("!id")
_BOOL = struct.Struct("!i?")
# dimensions, has nulls, element type, length, lower bound
_ARRAY = struct.Struct("!5i")
_INT8_OID, _FLOAT8_OID = 20, 701
_INT_ELEMENT = np.dtype([("size", ">i4"), ("value", ">i8")])
_FLOAT_ELEMENT = np.dtype([("size", ">i4"), ("value", ">f8")])


def row(*fields: bytes) -> bytes:
    """One row of fields made by the functions below."""
    return len(fields).to_bytes(2, "big") + b"".join(fields)


def text(value: str) -> bytes:
    """The caller sees to it that it has no NUL: PostgreSQL stores none."""
    return raw(value.encode())


def raw(value: bytes) -> bytes:
    """A bytea."""
    return _LENGTH.pack(len(value)) + value


def jsonb(value: bytes) -> bytes:
    """JSON text; 1 is the format's version."""
    return raw(b"\1" + value)


def bigint(value: int) -> bytes:
    return _BIGINT.pack(8, value)


def double(value: float) -> bytes:
    return _DOUBLE.pack(8, value)


def boolean(value: bool) -> bytes:
    return _BOOL.pack(1, value)


def bigints(values: Sequence[int]) -> bytes:
    """A bigint[] of one dimension."""
    return _array(np.array(values, np.int64), _INT_ELEMENT, _INT8_OID)


def doubles(values: Sequence[float] | None) -> bytes:
    """A float8[] of one dimension, or NULL."""
    if values is None:
        return NULL
    return _array(np.array(values, np.float64), _FLOAT_ELEMENT, _FLOAT8_OID)


def _array(values: NDArray[np.generic], of: np.dtype[np.void], oid: int) -> bytes:
    elements = np.empty(len(values), of)
    elements["size"] = 8
    elements["value"] = values
    body = elements.tobytes()
    return _LENGTH.pack(_ARRAY.size + len(body)) + _ARRAY.pack(1, 0, oid, len(values), 1) + body


class CopyStream:
    """A file to read for COPY, made of rows; nothing is joined to one big string."""

    def __init__(self, rows: Iterator[bytes]) -> None:
        self._parts = self._stream(rows)
        self._rest = b""

    @staticmethod
    def _stream(rows: Iterator[bytes]) -> Iterator[bytes]:
        yield SIGNATURE
        yield from rows
        yield TRAILER

    def read(self, size: int = 1 << 16) -> bytes:
        """Up to `size` bytes; empty at the end."""
        parts, length = [self._rest], len(self._rest)
        while length < size and (part := next(self._parts, None)) is not None:
            parts.append(part)
            length += len(part)
        whole = b"".join(parts)
        self._rest = whole[size:]
        return whole[:size]
