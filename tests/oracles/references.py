"""References of indicators by TA-Lib, polars and numpy, over whole series.

Each takes the columns of a series and gives an array per value, NaN while warming up. Row n of them
knows the rows up to n only, so agreeing everywhere is agreeing on every prefix.
"""

from collections.abc import Callable

import numpy as np
import polars as pl
import talib

from streams.domain.interval import DAY_MS
from tests.oracles.agreement import Compute
from tests.oracles.series import Columns, Floats, Found, floats, windows


def talib_of(function: str, *values: str, of: str = "close", **options: float) -> Compute:
    def compute(columns: Columns) -> Found:
        found = getattr(talib, function)(
            *(getattr(columns, name) for name in of.split()), **options
        )
        return dict(zip(values, found if isinstance(found, tuple) else (found,), strict=True))

    return compute


def ema(values: Floats, period: int) -> Floats:
    """TA-Lib's EMA from the first value on: it starts from a mean, here of that value alone."""
    before = np.full(period - 1, values[0])
    return floats(talib.EMA(np.concatenate([before, values]), timeperiod=period)[period - 1 :])


def later(values: Floats, by: int) -> Floats:
    """What begins so many rows later than the series."""
    return np.concatenate([np.full(by, np.nan), values])


def macd(columns: Columns) -> Found:
    line = (ema(columns.close, 12) - ema(columns.close, 26))[25:]
    signal = ema(line, 9)
    signal[:8] = np.nan
    return {
        "macd": later(line, 25),
        "macd_signal": later(signal, 25),
        "macd_hist": later(line - signal, 25),
    }


def dema(columns: Columns) -> Found:
    once = ema(columns.close, 20)
    twice = ema(once[19:], 20)
    twice[:19] = np.nan
    return {"dema20": 2 * once - later(twice, 19)}


def polars_of(**values: Callable[[pl.Expr], pl.Expr]) -> Compute:
    def compute(columns: Columns) -> Found:
        frame = pl.DataFrame({"close": columns.close})
        chosen = [make(pl.col("close")).alias(name) for name, make in values.items()]
        return {
            name: column.fill_null(np.nan).to_numpy().astype(float)
            for name, column in frame.select(chosen).to_dict(as_series=True).items()
        }

    return compute


def bollinger(columns: Columns) -> Found:
    rows = windows(columns.close, 20)
    middle, off = rows.mean(axis=1), 2 * rows.std(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = (columns.close - (middle - off)) / (2 * off)
    return {"bb_percent_b": share, "bb_bandwidth": 2 * off / middle}


def cutler(columns: Columns) -> Found:
    changes = np.diff(columns.close, prepend=np.nan)
    up = windows(np.where(changes > 0, changes, changes * 0), 14).mean(axis=1)
    down = windows(np.where(changes < 0, -changes, changes * 0), 14).mean(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return {"rsi14_cutler": 100 - 100 / (1 + up / down)}


def realised(columns: Columns) -> Found:
    close = columns.close
    returns = np.concatenate([[np.nan], np.log(close[1:] / close[:-1])])
    return {"realised_volatility20": np.sqrt(windows(returns**2, 20).mean(axis=1) * 252)}


def keltner(columns: Columns) -> Found:
    middle = ema(columns.close, 20)
    middle[:19] = np.nan
    off = 2 * talib.ATR(columns.high, columns.low, columns.close, timeperiod=10)
    return {"keltner_upper": middle + off, "keltner_middle": middle, "keltner_lower": middle - off}


def donchian(columns: Columns) -> Found:
    upper = talib.MAX(columns.high, timeperiod=20)
    lower = talib.MIN(columns.low, timeperiod=20)
    return {
        "donchian_upper": upper, "donchian_middle": (upper + lower) / 2, "donchian_lower": lower
    }  # fmt: skip


def adx(columns: Columns) -> Found:
    inputs = columns.high, columns.low, columns.close
    return {
        "adx14": talib.ADX(*inputs, timeperiod=14),
        "adx14_plus_di": talib.PLUS_DI(*inputs, timeperiod=14),
        "adx14_minus_di": talib.MINUS_DI(*inputs, timeperiod=14),
    }


def vwap(columns: Columns) -> Found:
    frame = pl.DataFrame(
        {
            "day": columns.start // DAY_MS,
            "paid": columns.vwap * columns.volume,
            "volume": columns.volume,
        }
    )
    sums = frame.select(pl.col("paid", "volume").cum_sum().over("day"))
    paid, volume = sums["paid"].to_numpy(), sums["volume"].to_numpy()
    with np.errstate(invalid="ignore"):
        return {"vwap_session": paid / volume}
