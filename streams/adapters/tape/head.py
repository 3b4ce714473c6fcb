"""The first lines of a text file, and what they say about how it is written."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from streams.adapters.tape.blocks import BOM
from streams.adapters.tape.column_names import is_known
from streams.adapters.tape.csv_table import split_line
from streams.adapters.tape.file import TapeFile
from streams.adapters.tape.inflate import TruncatedError, pieces
from streams.domain.errors import InputError

_HEAD_BYTES = 128 << 10
_SAMPLE_ROWS = 1_000
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Head:
    """Column names (`column 1` ... without a header), the first rows, and lines before them."""

    names: tuple[str, ...]
    rows: list[list[str]]
    delimiter: str
    skip_lines: int
    header: bool
    typed: dict[int, Any] | None = None
    """The first rows as columns, where the file has types."""

    @property
    def width(self) -> int:
        return len(self.names)

    def sample(self) -> dict[int, Any]:
        """The first rows by column, as Arrow arrays: strings where the file is text."""
        if self.typed is not None:
            return self.typed
        return {
            at: pa.array([row[at] for row in self.rows], pa.string()) for at in range(self.width)
        }


def read_head(file: TapeFile) -> Head | None:
    """Look at the first lines; None when the file has no line but comments and blank ones.

    Raises InputError for what is no text of separated columns.
    """
    lines = _lines(file)
    skip = _comments(lines)
    if skip == len(lines):
        return None
    delimiter = max(",;\t|", key=lines[skip].count)
    if delimiter not in lines[skip]:
        raise InputError(
            f"{file.name}: expected columns separated by commas, semicolons, tabs or |, "
            f"was a first line {lines[skip][:60]!r}"
        )
    first = split_line(lines[skip], delimiter)
    header = _is_header(first)
    if header:
        skip += 1
        skip += _comments(lines[skip:])
    rows = [split_line(line, delimiter) for line in lines[skip : skip + _SAMPLE_ROWS] if line]
    width = _width(file, first, rows, header)
    names = first + [""] * (width - len(first)) if header else _numbered(width)
    rows = [row for row in rows if len(row) == width]
    return Head(tuple(names), rows, delimiter, skip, header)


def _numbered(width: int) -> list[str]:
    return [f"column {at + 1}" for at in range(width)]


def _width(file: TapeFile, first: list[str], rows: list[list[str]], header: bool) -> int:
    """How many columns rows have: what most of the first ones have, and the header knows of.

    DEBS rows end with a comma that their header lacks, so one more than it names is fine.
    """
    widths = Counter(len(row) for row in rows)
    if header:
        likely = (len(first), len(first) + 1)
        most = max(likely, key=lambda width: (widths[width], rows and width == len(rows[0])))
        if widths and not widths[most]:
            seen = widths.most_common(1)[0][0]
            raise InputError(
                f"{file.name}: expected rows of {len(first)} columns as in the header, was {seen}"
            )
        return most
    return widths.most_common(1)[0][0]


def _lines(file: TapeFile) -> list[str]:
    data, whole = _first_bytes(file)
    if data.startswith(_UTF16) or data[:4096].count(0) * 20 > len(data[:4096]):
        raise InputError(f"{file.name}: expected UTF-8 text (CSV), was binary data or UTF-16")
    data = data.removeprefix(BOM)
    if b"\n" not in data and data.count(b"\r") > 1:
        raise InputError(f"{file.name}: expected lines that end in LF or CRLF, was CR only")
    text = data.decode("utf-8", "replace")
    beginning = text[:2_000]
    strange = sum(c == "\ufffd" or not (c.isprintable() or c.isspace()) for c in beginning)
    if strange * 10 > len(beginning):
        raise InputError(f"{file.name}: expected UTF-8 text (CSV), was binary data")
    lines = [line.rstrip("\r") for line in text.split("\n")]
    if whole:
        return lines if lines[-1] else lines[:-1]
    if _comments(lines[:-1]) == len(lines) - 1:
        raise InputError(f"{file.name}: expected a row within {len(data)} bytes, was none")
    return lines[:-1]


def _first_bytes(file: TapeFile) -> tuple[bytes, bool]:
    """The first bytes, and whether that is everything."""
    held = b""
    try:
        for data, _ in pieces(file.path):
            held += data
            if len(held) >= _HEAD_BYTES:
                return held, False
    except TruncatedError:
        if b"\n" not in held:
            raise InputError(
                f"{file.name}: expected whole compressed data, was cut before the end of a line"
            ) from None
        return held, False
    return held, True


def _comments(lines: list[str]) -> int:
    """How many lines at the start are comments or blank."""
    return next(
        (at for at, line in enumerate(lines) if line.strip() and not line.startswith("#")),
        len(lines),
    )


def _is_header(fields: list[str]) -> bool:
    """Names, not values: one of the names we know, or no number among them."""
    return is_known(fields[0]) or (
        any(field.strip() for field in fields) and not any(_is_number(field) for field in fields)
    )


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True
