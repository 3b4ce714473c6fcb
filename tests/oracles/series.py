"""Series of bars in columns, and what an indicator says along them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from streams.domain.bar import Bar
from streams.domain.indicators.indicator import Indicator

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Found = Mapping[str, Floats]


@dataclass(frozen=True, slots=True)
class Columns:
    """A series of bars in columns."""

    start: npt.NDArray[np.int64]
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    vwap: Floats

    @classmethod
    def of(cls, bars: Sequence[Bar]) -> "Columns":
        return cls(
            np.array([bar.start for bar in bars], dtype=np.int64),
            *(
                np.array([getattr(bar, name) for bar in bars], dtype=np.float64)
                for name in ("open", "high", "low", "close", "volume", "vwap")
            ),
        )

    def bars(self) -> Iterator[Bar]:
        columns = (self.open, self.high, self.low, self.close, self.volume, self.vwap)
        rows = zip(self.start.tolist(), *(column.tolist() for column in columns), strict=True)
        for start, opened, high, low, close, volume, vwap in rows:
            yield Bar(
                "A", "1m", start, start + 60_000, opened, high, low, close, volume, vwap, 1, start
            )

    @property
    def typical(self) -> Floats:
        return (self.high + self.low + self.close) / 3


def streamed(of: Indicator, columns: Columns) -> Found:
    """What the indicator says bar by bar, NaN where it says nothing."""
    found = {name: np.full(len(columns.close), np.nan) for name in of.names}
    state: Any = None
    for row, bar in enumerate(columns.bars()):
        state, values = of.step(state, bar)
        for name, value in values.items():
            found[name][row] = value
    return found


def floats(values: Any) -> Floats:
    return np.asarray(values, dtype=np.float64)


def mask(values: Any) -> Mask:
    return np.asarray(values, dtype=np.bool_)


def windows(values: Floats, size: int) -> Floats:
    """The windows that end at each row; NaN before there is a whole one."""
    padded = np.concatenate([np.full(size - 1, np.nan), values])
    return np.lib.stride_tricks.sliding_window_view(padded, size)
