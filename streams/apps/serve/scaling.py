"""How many instances a function should have: Serving's autoscaler, reduced to its meaning.

```
 demand (under way and waiting), sampled:  . . 3 9 9 1 0 0 0
                             last moments:              |---|  average -> more, at once
                             window:           |------------|  peak    -> fewer, when it fits
```
"""

import math
import os
from collections import deque

from streams.apps.serve.manifests import Service

TICK_SECONDS = 0.5
_RECENT = 6
_UNLIMITED = 100


class Scaling:
    """The demand of one service over its window; times are monotonic seconds."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._samples: deque[tuple[float, int]] = deque()
        self._peak = 0
        self.window = max(service.window, service.scale_down_delay)

    @property
    def per_instance(self) -> int:
        """Requests that one instance takes at a time."""
        return self._service.concurrency or _UNLIMITED

    @property
    def most(self) -> int:
        """Instances at most; as many as processors where the manifest sets no limit."""
        return self._service.max_scale or os.cpu_count() or 1

    def note(self, load: int) -> None:
        """A request has come: demand is now `load`. Short ones are over before the next sample."""
        self._peak = max(self._peak, load)

    def sample(self, now: float, load: int) -> None:
        """Take a sample, each TICK_SECONDS."""
        self._samples.append((now, max(load, self._peak)))
        self._peak = 0
        while self._samples[0][0] < now - self.window:
            self._samples.popleft()

    def at_least(self) -> int:
        """Instances that the last moments ask for."""
        recent = [load for _, load in self._samples][-_RECENT:]
        return self._instances(sum(recent) / len(recent)) if recent else self._service.min_scale

    def at_most(self, now: float) -> int:
        """Instances that the whole window needed; `most` while it is not yet whole."""
        if not self._samples or now - self._samples[0][0] < self.window - 2 * TICK_SECONDS:
            return self.most
        return self._instances(max(load for _, load in self._samples))

    def _instances(self, load: float) -> int:
        wanted = min(self.per_instance, self._service.soft_limit or self.per_instance)
        target = wanted * self._service.target / 100
        return max(self._service.min_scale, min(math.ceil(load / target), self.most))
