"""What a feed has heard as a CSV file that `tapedeck replay` reads as it is.

A file that is there is continued: a feed that was stopped and started again makes one recording.
"""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from streams.domain.errors import ConfigError, ServiceError
from streams.domain.tick import TickBatch

_TICKS = ("symbol", "ts_ms", "price", "size")
_CANDLES = ("symbol", "ts_ms", "open", "high", "low", "close", "volume")


class Recording:
    """Appends batches; floats are written so that they read back the same."""

    def __init__(self, path: Path, *, candles: bool = False) -> None:
        """Raises ConfigError for a file of something else, ServiceError when it cannot be used."""
        self._header = _CANDLES if candles else _TICKS
        self._path = path
        if path.suffix.lower() != ".csv":
            raise ConfigError(f"--record: expected a file .csv, was {path.name!r}")
        try:
            first, torn = _beginning(path)
            self._stream = path.open("a", newline="")
        except OSError as error:
            raise ServiceError(f"{path}: cannot be written: {error.strerror}") from error
        if first is None:
            self._write([self._header])
        elif first != ",".join(self._header):
            self._stream.close()
            raise ConfigError(
                f"--record: expected a new file or one with {','.join(self._header)}, was {first!r}"
            )
        elif torn:
            self._stream.write("\n")

    def add(self, batch: TickBatch) -> None:
        """Write a batch's ticks, and have them in the file."""
        sizes: Sequence[float | str] = batch.size or [""] * len(batch)
        symbols = [batch.symbol] * len(batch)
        if batch.open is None:
            self._write(zip(symbols, batch.ts, batch.price, sizes, strict=True))
        else:
            ranges = (batch.open, batch.high or (), batch.low or ())
            self._write(zip(symbols, batch.ts, *ranges, batch.price, sizes, strict=True))

    def flush(self) -> None:
        """Let others see what was written."""
        self._stream.flush()

    def close(self) -> None:
        self._stream.close()

    def _write(self, rows: object) -> None:
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows(rows)  # type: ignore[arg-type]  # rows of either kind
        try:
            self._stream.write(out.getvalue())
        except OSError as error:
            raise ServiceError(f"{self._path}: cannot be written: {error.strerror}") from error


def _beginning(path: Path) -> tuple[str | None, bool]:
    """The first line of what is there, and whether the last one was cut off by a kill."""
    if not path.exists() or not path.stat().st_size:
        return None, False
    with path.open("rb") as stream:
        first = stream.readline(1_000).decode("utf-8", "replace").rstrip("\r\n")
        stream.seek(-1, 2)
        return first, stream.read(1) != b"\n"
