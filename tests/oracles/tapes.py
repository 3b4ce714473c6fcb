"""Series to compare on: made ones, and the shared tapes folded by the pipeline's own fold."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from streams.domain.fold import Fold, FoldState
from streams.domain.interval import parse_intervals
from streams.domain.tick import TickBatch
from tests.oracles.series import Columns, Floats
from tests.tape_reading import read_tape

TAPES = {
    "EURUSD 1m": ("tapes/eurusd-quotes-2020-01-01.csv.gz", "EURUSD", "1m"),
    "BTC-PERP 5m": ("tapes/btc-perp-1m-2022-01.csv.gz", "BTC-PERP", "5m"),
    "NG1 future 1d": ("futures/seas-port-final-daily-closes.csv.gz", "NG1 Comdty", "1d"),
}
"""The tapes by their names: file, symbol, interval."""


def tape_columns(folder: Path, name: str) -> Columns:
    """The bars of a shared tape."""
    file, symbol, interval = TAPES[name]
    read = read_tape(folder / file, symbol=None if "futures" in file else symbol)
    ticks = read.ticks.take(read.ticks.code == read.names.index(symbol))
    columns = {
        column: ticks.columns[column].tolist()
        for column in ("price", "size", "open", "high", "low")
        if column in ticks.columns
    }
    batch = TickBatch(symbol=symbol, ts=ticks.ts.tolist(), **columns)
    fold = Fold(symbol, parse_intervals(interval), 0, FoldState())
    bars, late = fold.take(batch, [(0, len(batch))])
    assert not late
    return Columns.of([*bars, *fold.close(float("inf"))])


def made_series() -> Iterator[tuple[str, Columns]]:
    """Walks in cents: calm, wild, of pennies, and one that stands still and has no volume at times.

    Days end within them, for what is anchored to a session.
    """
    rng = np.random.default_rng(7)
    for name, price, volatility in (("calm", 100.0, 1e-3), ("wild", 40_000.0, 0.05)):
        yield name, _walk(rng, price * np.exp(np.cumsum(rng.normal(0, volatility, 1_500))), rng)
    yield "pennies", _walk(rng, 0.5 * np.exp(np.cumsum(rng.normal(0, 0.02, 1_500))), rng)
    moves = rng.normal(0, 0.002, 1_500) * (np.arange(1_500) % 100 < 60)
    yield "still", _walk(rng, 100 * np.exp(np.cumsum(moves)), rng, quiet=0.5)


def _walk(
    rng: np.random.Generator, prices: Floats, sizes: np.random.Generator, quiet: float = 0.1
) -> Columns:
    count = len(prices)
    close = np.maximum(np.round(prices, 2), 0.01)
    opened = np.concatenate([close[:1], close[:-1]])
    high = np.round(np.maximum(opened, close) * (1 + rng.exponential(0.001, count)), 2)
    low = np.round(np.minimum(opened, close) * (1 - rng.exponential(0.001, count)), 2)
    low = np.maximum(low, 0.01)
    still = np.diff(close, prepend=0) == 0
    high, low = np.where(still, close, high), np.where(still, close, low)
    volume = sizes.integers(1, 5_000, count) * (sizes.random(count) >= quiet)
    start = np.arange(count) * 300_000 + 1_640_995_200_000
    return Columns(start, opened, high, low, close, volume.astype(float), (high + low + close) / 3)
