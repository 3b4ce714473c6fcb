"""Rows of indicators as arrays to learn from: features, what came after, and when it was known."""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streams.domain.features import VOLATILITY, FeatureSet
from streams.domain.indicator_row import IndicatorRow

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
NEVER = np.iinfo(np.int64).max
"""When something is decided that lies after the end of the data."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """Samples, one a bar that has every feature, sorted by symbol and time.

    `features` (samples, features); `known` the close of the bar (epoch ms); `close`, `volatility`
    and `last_return` (log) of the bar; `later` (samples, horizons) the close so many bars later,
    NaN where there is none yet, and `decided` when that was known, NEVER where it is not. The first
    horizon is always one bar: the next.
    """

    symbols: tuple[str, ...]
    horizons: tuple[int, ...]
    code: NDArray[np.int32]
    features: Floats
    known: Ints
    close: Floats
    volatility: Floats
    last_return: Floats
    later: Floats
    decided: Ints

    def __len__(self) -> int:
        return len(self.code)

    def take(self, chosen: Mask | Ints) -> "Dataset":
        """Some of the samples."""
        return Dataset(
            self.symbols, self.horizons, self.code[chosen], self.features[chosen],
            self.known[chosen], self.close[chosen], self.volatility[chosen],
            self.last_return[chosen], self.later[chosen], self.decided[chosen],
        )  # fmt: skip

    def of(self, symbol: str) -> "Dataset":
        """The samples of one symbol."""
        return self.take(self.code == self.symbols.index(symbol))

    def newest(self, most: int) -> "Dataset":
        """The samples of the newest moments, at most so many."""
        if len(self) <= most:
            return self
        since = np.sort(self.known)[len(self) - most]
        return self.take(self.known > since if (self.known >= since).sum() > most
                         else self.known >= since)  # fmt: skip

    @property
    def next_return(self) -> Floats:
        """Log return to the next close; NaN where there is none."""
        return np.asarray(np.log(self.later[:, 0] / self.close), np.float64)

    @property
    def moved(self) -> Mask:
        """Where the next close is known, and is another one."""
        known = self.decided[:, 0] != NEVER
        return np.asarray(known & (self.later[:, 0] != self.close), np.bool_)

    @property
    def up(self) -> NDArray[np.int8]:
        """1 where the next close is higher."""
        return np.asarray(self.later[:, 0] > self.close, np.int8)

    def counts(self) -> dict[str, int]:
        """Samples by symbol, for those that have any."""
        counted = np.bincount(self.code, minlength=len(self.symbols)).tolist()
        return {name: n for name, n in zip(self.symbols, counted, strict=True) if n}


@dataclass(slots=True)
class _Series:
    """One symbol's bars so far, in columns."""

    close: "array[float]" = field(default_factory=lambda: array("d"))
    end: "array[int]" = field(default_factory=lambda: array("q"))
    at: "array[int]" = field(default_factory=lambda: array("q"))
    """The bars that have every feature."""
    features: "array[float]" = field(default_factory=lambda: array("d"))
    volatility: "array[float]" = field(default_factory=lambda: array("d"))

    def add(self, row: IndicatorRow, features: FeatureSet) -> None:
        vector = features.vector(row)
        if vector is not None:
            self.at.append(len(self.close))
            self.features.extend(vector)
            self.volatility.append(row.values[VOLATILITY])
        self.close.append(row.close)
        self.end.append(row.end)


class DatasetBuilder:
    """Takes rows, each symbol's in the order of time, and makes the dataset."""

    def __init__(self, features: FeatureSet, horizons: Sequence[int]) -> None:
        self._features = features
        self._horizons = tuple(sorted({1, *horizons}))
        self._series: dict[str, _Series] = {}
        self._lacking: tuple[str, ...] = features.needs
        self.rows = 0

    def add(self, row: IndicatorRow) -> None:
        self.rows += 1
        if self._lacking:
            self._lacking = min(self._lacking, self._features.missing(row), key=len)
        series = self._series.get(row.symbol)
        if series is None:
            series = self._series[row.symbol] = _Series()
        series.add(row, self._features)

    @property
    def lacking(self) -> tuple[str, ...]:
        """The indicators that no row had, though the features are made from them."""
        return self._lacking

    def build(self) -> Dataset:
        """The dataset so far."""
        symbols = tuple(sorted(self._series))
        parts = [self._part(self._series[name]) for name in symbols]
        codes = [np.full(len(part["known"]), n, np.int32) for n, part in enumerate(parts)]
        code = np.concatenate(codes) if codes else np.zeros(0, np.int32)
        names = ("features", "known", "close", "volatility", "last_return", "later", "decided")
        empty = self._part(_Series())
        columns = {
            name: np.concatenate([part[name] for part in parts or [empty]]) for name in names
        }
        return Dataset(symbols, self._horizons, code, **columns)

    def _part(self, series: _Series) -> dict[str, NDArray[Any]]:
        close, end = np.array(series.close), np.array(series.end, np.int64)
        at = np.array(series.at, np.int64)
        width = len(self._features.names)
        before = close[np.maximum(at - 1, 0)]
        horizons = np.array(self._horizons)
        then = at[:, None] + horizons[None, :]
        there = then < len(close)
        then = np.minimum(then, max(len(close) - 1, 0))
        return {
            "features": np.array(series.features).reshape(len(at), width),
            "known": end[at],
            "close": close[at],
            "volatility": np.array(series.volatility),
            "last_return": np.log(close[at] / before),
            "later": np.where(there, close[then], np.nan),
            "decided": np.where(there, end[then], NEVER),
        }


def dataset_of(
    rows: Iterable[IndicatorRow], features: FeatureSet, horizons: Sequence[int]
) -> Dataset:
    """All rows at once."""
    builder = DatasetBuilder(features, horizons)
    for row in rows:
        builder.add(row)
    return builder.build()
