"""Who has accepted a message already, where one channel has several receivers."""

from collections import OrderedDict
from threading import Lock

_REMEMBERED = 10_000


class Accepted:
    """Remembered by this process, so that another attempt reaches only those who are missing."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._held: OrderedDict[str, frozenset[str]] = OrderedDict()

    def missing(self, key: str, receivers: list[str]) -> list[str]:
        """Those that have not accepted the message of that key."""
        with self._lock:
            return [name for name in receivers if name not in self._held.get(key, ())]

    def add(self, key: str, receivers: set[str]) -> None:
        with self._lock:
            self._held[key] = self._held.get(key, frozenset()) | receivers
            while len(self._held) > _REMEMBERED:
                self._held.popitem(last=False)
