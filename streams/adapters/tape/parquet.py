"""Parquet files: the same columns, already typed; a row's number stands for its line."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from streams.adapters.tape.file import TapeFile
from streams.adapters.tape.head import Head
from streams.adapters.tape.plan import Plan
from streams.adapters.tape.rows import Table
from streams.domain.errors import InputError

_BATCH_ROWS = 131_072
_SAMPLE_ROWS = 1_000


def parquet_head(file: TapeFile) -> Head | None:
    """The columns and first rows; raises InputError when the file is damaged."""
    opened = _open(file)
    names = tuple(opened.schema_arrow.names)
    first = next(_batches(file, opened, list(names), _SAMPLE_ROWS), None)
    if first is None or not first.num_rows:
        return None
    columns = {at: first.column(at) for at in range(len(names))}
    return Head(names, [[""]], ",", 0, True, columns)


def parquet_tables(file: TapeFile, plan: Plan, limit: int | None) -> Iterator[tuple[Table, int]]:
    """The wanted columns in batches, each with the file's share read so far in bytes."""
    opened = _open(file)
    total = max(1, opened.metadata.num_rows)
    names = [plan.names[at] for at in plan.wanted]
    done = 0
    for batch in _batches(file, opened, names, _BATCH_ROWS):
        if limit is not None and done >= limit:
            return
        if limit is not None:
            batch = batch.slice(0, limit - done)
        lines = np.arange(done + 1, done + 1 + batch.num_rows, dtype=np.int64)
        columns = {at: batch.column(plan.names[at]) for at in plan.wanted}
        yield Table(columns, lines, _Text(batch, done + 1)), file.size * done // total
        done += batch.num_rows


def parquet_rows(file: TapeFile) -> int:
    """How many rows a file has."""
    return int(_open(file).metadata.num_rows)


class _Text:
    """The text of a row of a batch, as JSON."""

    def __init__(self, batch: Any, first: int) -> None:
        self._batch, self._first = batch, first

    def __call__(self, line: int) -> bytes:
        row = self._batch.slice(line - self._first, 1).to_pylist()[0]
        return json.dumps(row, default=str).encode()


def _open(file: TapeFile) -> Any:
    try:
        return pq.ParquetFile(file.path)
    except (pa.ArrowException, OSError) as error:
        raise _damaged(file, error) from error


def _batches(file: TapeFile, opened: Any, names: list[str], rows: int) -> Iterator[Any]:
    try:
        yield from opened.iter_batches(batch_size=rows, columns=names)
    except (pa.ArrowException, OSError) as error:
        raise _damaged(file, error) from error


def _damaged(file: TapeFile, error: Exception) -> InputError:
    return InputError(f"{file.name}: expected a whole Parquet file, was: {error}")
