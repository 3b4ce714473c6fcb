"""A block of CSV lines as an Arrow table; lines that are no rows are refused, never their block."""

import csv
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from streams.adapters.tape.blocks import Block, Lines
from streams.adapters.tape.rows import Ints, RowReject, Table

_CACHED_BYTES = 256 << 10  # what Arrow parses at once: much faster while it fits in a cache


def csv_table(block: Block, delimiter: str, width: int, wanted: Sequence[int]) -> Table:
    """The wanted columns of a block as strings; every line is a row, blank or a reject."""
    text = Lines(block)
    data, refused = _sound(block, text)
    quoted = b'"' in data
    table, wrong = _parse(data, delimiter, width, wanted, quoted)
    if table.num_rows + len(wrong) != block.lines:  # a CR alone or a stray quote moved a line end
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b" ")
        table, wrong = _parse(data, delimiter, width, wanted, False)
    skip = {reject.line - block.first_line for reject in refused}
    if wrong or _may_be_blank(table):
        skip.update(block.blank_lines().tolist())
    rejects = refused + [
        RowReject(
            "wrong_columns",
            f"expected {width} columns, was {seen}",
            block.first_line + index,
            text(block.first_line + index),
        )
        for index, seen in wrong
        if index not in skip
    ]
    return _without(table, block, skip, [index for index, _ in wrong], rejects)


def _may_be_blank(table: Any) -> bool:
    """Whether a row has nothing in any wanted column, as a blank line has."""
    columns = iter(table.columns)
    nothing = pc.equal(next(columns), "")
    for column in columns:
        if not pc.any(nothing).as_py():
            return False
        nothing = pc.and_(nothing, pc.equal(column, ""))
    return bool(pc.any(nothing).as_py())


def _without(
    table: Any, block: Block, skip: set[int], wrong: list[int], rejects: list[RowReject]
) -> Table:
    """The rows that are left, each with its line."""
    lines = np.arange(block.lines, dtype=np.int64)
    lines = np.delete(lines, wrong) if wrong else lines
    names = table.column_names
    columns = {int(name): table.column(name).combine_chunks() for name in names}
    rows = Table(columns, lines + block.first_line, Lines(block), rejects)
    return rows.filter(~np.isin(lines, list(skip))) if skip else rows


def _parse(
    data: bytes, delimiter: str, width: int, wanted: Sequence[int], quoted: bool
) -> tuple[Any, list[tuple[int, int]]]:
    """Rows of the right width, and (index, columns) of the other lines."""
    try:
        return _parse_by(_CACHED_BYTES, data, delimiter, width, wanted, quoted=quoted)
    except pa.ArrowInvalid:  # a line is longer than that
        return _parse_by(len(data) + 1, data, delimiter, width, wanted, quoted=quoted)


def _parse_by(
    block_size: int, data: bytes, delimiter: str, width: int, wanted: Sequence[int], *, quoted: bool
) -> tuple[Any, list[tuple[int, int]]]:
    wrong: list[tuple[int, int]] = []

    def refuse(row: Any) -> str:
        wrong.append((row.number - 1, row.actual_columns))
        return "skip"

    names = [str(at) for at in range(width)]
    include = [str(at) for at in wanted]
    if not data:
        return pa.table({name: pa.array([], pa.string()) for name in include}), wrong
    parsing = pacsv.ParseOptions(
        delimiter=delimiter,
        quote_char='"' if quoted else False,
        ignore_empty_lines=False,
        invalid_row_handler=refuse,
    )
    reading = pacsv.ReadOptions(use_threads=False, column_names=names, block_size=block_size)
    return pacsv.read_csv(pa.BufferReader(data), reading, parsing, _strings(include)), wrong


def _strings(include: list[str]) -> Any:
    """Only the wanted columns, as they are written."""
    return pacsv.ConvertOptions(
        column_types=dict.fromkeys(include, pa.string()),
        include_columns=include,
        strings_can_be_null=False,
        check_utf8=False,
    )


def _sound(block: Block, text: Lines) -> tuple[bytes, list[RowReject]]:
    """The block with unreadable lines emptied and lone CRs as blanks, and those lines' rejects."""
    data = block.data
    if b'"' in data and _has_lone_cr(data):
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b" ")
    found = _unsound(data)
    if not found:
        return data, []
    lines = data.split(b"\n")
    for index in found:
        lines[index] = b""
    numbers = {index: block.first_line + index for index in found}
    return b"\n".join(lines), [
        RowReject(*why, numbers[index], text(numbers[index])) for index, why in found.items()
    ]


def _unsound(data: bytes) -> dict[int, tuple[str, str]]:
    """What is wrong with which line, before any column is looked at."""
    found: dict[int, tuple[str, str]] = {}
    if not data.isascii():
        found |= {
            index: ("bad_encoding", "expected UTF-8 text, was other bytes")
            for index in _undecodable(data)
        }
    if b'"' in data:
        for index in _odd_quotes(data).tolist():
            found.setdefault(index, ("bad_quotes", "expected quotes in pairs, was an odd number"))
    if b"\0" in data:
        for index in _line_of(data, 0).tolist():
            found.setdefault(index, ("bad_encoding", "expected text, was a NUL byte"))
    return found


def _has_lone_cr(data: bytes) -> bool:
    return data.count(b"\r") != data.count(b"\r\n")


def _undecodable(data: bytes) -> list[int]:
    try:
        data.decode()
    except UnicodeDecodeError:
        return [i for i, line in enumerate(data.split(b"\n")) if not _decodes(line)]
    return []


def _decodes(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _line_of(data: bytes, byte: int) -> Ints:
    """The line index of every occurrence of a byte."""
    raw = np.frombuffer(data, np.uint8)
    return np.searchsorted(np.flatnonzero(raw == 10), np.flatnonzero(raw == byte)).astype(np.int64)


def _odd_quotes(data: bytes) -> Ints:
    return np.flatnonzero(np.bincount(_line_of(data, 34)) % 2).astype(np.int64)


def split_line(line: str, delimiter: str) -> list[str]:
    """The fields of one line, for looking at the head of a file."""
    return next(csv.reader([line.replace("\r", " ")], delimiter=delimiter), [])
