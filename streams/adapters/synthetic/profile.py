"""The volume of a day: low at night, high where exchanges open and close (a U in the session).

The shape is that of US equities in Admati and Pfleiderer (1988), laid over 24 hours UTC so that a
market that never closes has it too; its mean over the day is 1.
"""

import numpy as np
import numpy.typing as npt

_DAY_MS = 86_400_000
# (hour UTC, relative volume): a Europe morning, a US open at 14:30, a US close at 21:00
_KNOTS = (
    (0.0, 0.45),
    (6.0, 0.45),
    (8.0, 1.1),
    (11.0, 0.8),
    (14.0, 1.0),
    (14.6, 2.4),
    (16.5, 1.4),
    (18.5, 1.1),
    (20.0, 1.5),
    (20.9, 2.6),
    (21.2, 0.8),
    (24.0, 0.45),
)
_HOURS = np.array([hour for hour, _ in _KNOTS])
_LEVELS = np.array([level for _, level in _KNOTS])
_MEAN = float(((_LEVELS[1:] + _LEVELS[:-1]) / 2 * np.diff(_HOURS)).sum() / 24)


def volume_profile(ts: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """How much larger than on average trades are at each time (epoch ms)."""
    return np.interp((ts % _DAY_MS) / 3_600_000, _HOURS, _LEVELS / _MEAN)
