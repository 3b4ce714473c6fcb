"""Exported rows as CSV, JSON lines or Parquet; floats are the shortest that read back equal."""

import csv
import io
from collections.abc import Callable, Iterator
from typing import IO, Any

import msgspec

from streams.adapters.database.export import Exported, Rows

_BOOLS = {True: "true", False: "false"}


def write_csv(out: IO[bytes], exported: Exported) -> int:
    """A header, then a line a row; None is empty, floats are Python's repr. Returns the rows."""
    text = io.TextIOWrapper(out, "utf-8", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(exported.columns)
    bools = [i for i, kind in enumerate(exported.columns.values()) if kind == "bool"]
    count = 0
    for portion in exported.portions:
        writer.writerows(_with_bools(portion, bools) if bools else portion)
        count += len(portion)
    text.detach()
    return count


def _with_bools(portion: Rows, at: list[int]) -> Iterator[list[Any]]:
    for row in portion:
        fields = list(row)
        for i in at:
            fields[i] = _BOOLS.get(fields[i], fields[i])
        yield fields


def write_jsonl(out: IO[bytes], exported: Exported) -> int:
    """An object a line; returns the rows."""
    encoder, names, count = msgspec.json.Encoder(), list(exported.columns), 0
    for portion in exported.portions:
        out.write(encoder.encode_lines([dict(zip(names, row, strict=True)) for row in portion]))
        count += len(portion)
    return count


def write_parquet(out: IO[bytes], exported: Exported) -> int:
    """One row group per portion of rows; returns the rows."""
    import pyarrow as pa
    from pyarrow import parquet

    types = {"text": pa.string(), "int": pa.int64(), "float": pa.float64(), "bool": pa.bool_()}
    schema = pa.schema([(name, types[kind]) for name, kind in exported.columns.items()])
    count = 0
    with parquet.ParquetWriter(out, schema, compression="zstd") as writer:
        for portion in exported.portions:
            columns = [
                pa.array([row[i] for row in portion], field.type) for i, field in enumerate(schema)
            ]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))
            count += len(portion)
    return count


FORMATS: dict[str, Callable[[IO[bytes], Exported], int]] = {
    "csv": write_csv,
    "jsonl": write_jsonl,
    "parquet": write_parquet,
}
