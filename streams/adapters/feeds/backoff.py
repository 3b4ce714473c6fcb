"""How long to wait before trying again: longer each time, and never all clients at once."""

import random

_FIRST, _LONGEST = 0.5, 30.0


class Backoff:
    """Exponential with full jitter (Brooker 2015, "Exponential backoff and jitter")."""

    def __init__(
        self, rng: random.Random, first: float = _FIRST, longest: float = _LONGEST
    ) -> None:
        self.failures = 0
        self._rng, self._first, self._longest = rng, first, longest

    def delay(self) -> float:
        """Seconds to wait after one more failure: 10 % of the step at least, all of it at most."""
        step: float = min(self._longest, self._first * 2 ** min(self.failures, 30))
        self.failures += 1
        return step * self._rng.uniform(0.1, 1.0)

    def reset(self) -> None:
        """It worked."""
        self.failures = 0
