"""Synthetic ticks, quotes, labels and context events as files that `tapedeck replay` reads.

The same market gives the same bytes: nothing of the clock or the machine is in them.
"""

import gzip
import io
import json
import sys
from pathlib import Path
from typing import IO, Any, Protocol

import polars as pl

from streams.adapters.synthetic.block import Block
from streams.adapters.synthetic.classic import shape
from streams.domain.errors import ConfigError, ServiceError

STDOUT = "-"
_OTHERS = {"--to": "kafka, an http URL, "}


class TableFile(Protocol):
    """Takes tables, one below the other."""

    def write(self, table: pl.DataFrame) -> None: ...

    def close(self) -> None: ...


def table_file(name: str, option: str = "--to") -> TableFile:
    """CSV, `.csv.gz` or `.parquet` by the name; `-` is CSV on standard output.

    Raises ConfigError for another ending, ServiceError when it cannot be written.
    """
    if name == STDOUT:
        return _Csv(sys.stdout.buffer, closes=False)
    endings = "".join(Path(name).suffixes[-2:]).lower()
    if endings.endswith(".parquet"):
        return _Parquet(Path(name))
    if endings.endswith((".csv", ".csv.gz")):
        return _Csv(_opened(Path(name)), zipped=endings.endswith(".gz"))
    raise ConfigError(
        f"{option}: expected {_OTHERS.get(option, '')}- or a file .csv, .csv.gz or .parquet, "
        f"was {name!r}"
    )


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("wb")
    except OSError as error:
        raise ServiceError(f"{path}: cannot be written: {error.strerror}") from error


class _Csv:
    def __init__(self, stream: IO[bytes], *, zipped: bool = False, closes: bool = True) -> None:
        # Neither name nor time in the header: the same market, the same bytes.
        self._zip = gzip.GzipFile("", "wb", 6, stream, mtime=0) if zipped else None
        self._stream = stream
        self._closes = closes
        self._fresh = True

    def write(self, table: pl.DataFrame) -> None:
        text = io.BytesIO()
        table.write_csv(text, include_header=self._fresh)
        self._fresh = False
        (self._zip or self._stream).write(text.getbuffer())

    def close(self) -> None:
        if self._zip is not None:
            self._zip.close()
        if self._closes:
            self._stream.close()
        else:
            self._stream.flush()


class _Parquet:
    def __init__(self, path: Path) -> None:
        self._stream = _opened(path)
        self._writer: Any = None

    def write(self, table: pl.DataFrame) -> None:
        import pyarrow.parquet as pq

        arrow = table.to_arrow()
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._stream, arrow.schema, compression="zstd")
        self._writer.write_table(arrow)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._stream.close()


def tick_table(block: Block, symbols: tuple[str, ...]) -> pl.DataFrame:
    """`symbol,ts_ms,price,size`, in order of arrival."""
    return pl.DataFrame(
        {
            "symbol": _names(block, symbols),
            "ts_ms": block.ts,
            "price": block.price,
            "size": block.size,
        }
    )


def quote_table(block: Block, symbols: tuple[str, ...]) -> pl.DataFrame:
    """`symbol,ts_ms,bid,ask`, one quote at every tick."""
    return pl.DataFrame(
        {
            "symbol": _names(block, symbols),
            "ts_ms": block.at,
            "bid": block.bid,
            "ask": block.ask,
        }
    )


def _names(block: Block, symbols: tuple[str, ...]) -> pl.Series:
    return pl.Series(symbols, dtype=pl.String).gather(block.code)


def label_table(block: Block) -> pl.DataFrame:
    """`time_ms,symbol,kind,until_ms,magnitude`, a planted anomaly a row."""
    schema = {
        "time_ms": pl.Int64,
        "symbol": pl.String,
        "kind": pl.String,
        "until_ms": pl.Int64,
        "magnitude": pl.Float64,
    }
    rows = [
        (each.time_ms, each.symbol, each.kind, each.until_ms, each.magnitude)
        for each in block.labels
    ]
    return pl.DataFrame(rows, schema, orient="row")


class ContextFile:
    """JSON lines of context events, each as `POST /ingest` takes it."""

    def __init__(self, name: str) -> None:
        self._stream = _opened(Path(name))

    def write(self, block: Block) -> None:
        for event in block.context:
            self._stream.write(json.dumps(shape(event)).encode() + b"\n")

    def close(self) -> None:
        self._stream.close()


class SideFiles:
    """The files beside the ticks: labels, quotes and context events, those that are named."""

    def __init__(
        self, symbols: tuple[str, ...], labels: str | None, quotes: str | None, context: str | None
    ) -> None:
        self._symbols = symbols
        self._labels = table_file(labels, "--labels") if labels else None
        self._quotes = table_file(quotes, "--quotes") if quotes else None
        self._context = ContextFile(context) if context else None

    def write(self, block: Block) -> None:
        """Append what a block has."""
        if self._labels:
            self._labels.write(label_table(block))
        if self._quotes:
            self._quotes.write(quote_table(block, self._symbols))
        if self._context:
            self._context.write(block)

    def close(self) -> None:
        """What was written is whole."""
        for each in (self._labels, self._quotes, self._context):
            if each is not None:
                each.close()
