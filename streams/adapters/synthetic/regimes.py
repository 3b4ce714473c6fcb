"""Market regimes: a Markov chain of states that scale volatility and tilt the drift.

States last an exponential time (Hamilton 1989, "A New Approach to the Economic Analysis of
Nonstationary Time Series", in continuous time).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _State:
    name: str
    volatility: float
    drift: float
    """Log return a year."""
    minutes: float
    """Mean duration."""


_STATES = (
    _State("calm", 0.6, 0.05, 90),
    _State("rising", 0.9, 0.6, 45),
    _State("falling", 1.2, -0.6, 40),
    _State("stormy", 2.2, -0.1, 15),
)
REGIMES = tuple(state.name for state in _STATES)


class Regimes:
    """The regime at any time, drawn as far as anybody has asked; times are seconds, ascending."""

    def __init__(self, rng: np.random.Generator, enabled: bool) -> None:
        self._rng = rng
        self._starts = [0.0]
        self._states = [0]
        self._end = np.inf if not enabled else self._length(0)
        self._enabled = enabled

    def at(self, seconds: Floats) -> tuple[Floats, Floats]:
        """(volatility factor, annual drift) at each time; 1 and 0 without regimes."""
        if not self._enabled:
            return np.ones(len(seconds)), np.zeros(len(seconds))
        while len(seconds) and self._end <= seconds[-1]:
            self._next()
        where = np.searchsorted(self._starts, seconds, side="right") - 1
        states = np.array(self._states)[where]
        volatility = np.array([state.volatility for state in _STATES])
        drift = np.array([state.drift for state in _STATES])
        return volatility[states], drift[states]

    def _next(self) -> None:
        others = [at for at in range(len(_STATES)) if at != self._states[-1]]
        state = others[int(self._rng.integers(len(others)))]
        # Nobody asks for the past: a week of one-minute regimes would be searched for nothing.
        self._starts, self._states = [*self._starts[-64:], self._end], [*self._states[-64:], state]
        self._end += self._length(state)

    def _length(self, state: int) -> float:
        return float(self._rng.exponential(_STATES[state].minutes * 60)) + 60.0
