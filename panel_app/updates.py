"""What has changed since somebody last looked: the source of the public feed."""

import threading
from dataclasses import dataclass, field

from panel_app.alerts import Alert
from panel_app.store import Key


@dataclass(slots=True)
class Changes:
    """Series by whether their bars or indicators changed, and every signal, in order."""

    bars: set[Key] = field(default_factory=set)
    indicators: set[Key] = field(default_factory=set)
    signals: list[Alert] = field(default_factory=list)


class Updates:
    """Collects while somebody wants it; the reader's thread writes, the server's loop takes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._changes = Changes()
        self.wanted = False

    def bar(self, key: Key) -> None:
        if self.wanted:
            with self._lock:
                self._changes.bars.add(key)

    def indicators(self, key: Key) -> None:
        if self.wanted:
            with self._lock:
                self._changes.indicators.add(key)

    def signal(self, alert: Alert) -> None:
        if self.wanted:
            with self._lock:
                self._changes.signals.append(alert)

    def take(self) -> Changes:
        """All since the last time."""
        with self._lock:
            taken, self._changes = self._changes, Changes()
            return taken
