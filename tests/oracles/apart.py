"""Rows on which an indicator and its reference are defined differently."""

import numpy as np

from tests.oracles.agreement import Rows
from tests.oracles.series import Columns, Floats, Mask, floats, mask, windows


def faded(period: int) -> Rows:
    """Rows on which the value that an EMA started from still weighs more than 1e-10."""
    return lambda columns: (1 - 2 / (period + 1)) ** np.arange(len(columns.close)) > 1e-10


def flat(size: int) -> Rows:
    """Rows whose window of closes did not move: nothing is divided by nothing."""
    return lambda columns: mask(_spread(columns.close, columns.close, size) == 0)


def _spread(highs: Floats, lows: Floats, size: int) -> Floats:
    return floats(windows(highs, size).max(axis=1) - windows(lows, size).min(axis=1))


def still(columns: Columns) -> Mask:
    """Rows before the first change of the close."""
    moved = np.diff(columns.close, prepend=columns.close[0]) != 0
    return mask(~np.logical_or.accumulate(moved))


def no_range(columns: Columns) -> Mask:
    """Rows whose stochastic has a part that looks at 14 bars of one price."""
    none = (_spread(columns.high, columns.low, 14) == 0).astype(float)
    return mask(~(windows(none, 5).max(axis=1) == 0))


def no_flow(columns: Columns) -> Mask:
    """TA-Lib's MFI is 0 where less than 1 flowed, and takes a rounding error for a move."""
    typical = columns.typical
    moved = np.abs(np.diff(typical, prepend=np.nan))
    flows = np.where(moved > 0, typical * columns.volume, 0.0)
    tied = ((moved > 0) & (moved <= 1e-15 * typical)).astype(float)
    flowed, clear = windows(flows, 14).sum(axis=1) >= 1.0, windows(tied, 14).max(axis=1) == 0
    return mask(~(flowed & clear))
