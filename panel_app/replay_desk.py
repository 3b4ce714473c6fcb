"""The replay that runs on this machine, as the page sees it: looked at twice a second at most."""

import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from streams.adapters.replay_control import ReplayDesk, ReplayWish

_EVERY_S = 0.5
_HIDDEN = ("pid", "at")


class Replay:
    """Shared by all sessions, on the server's loop."""

    def __init__(self, home: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._desk = ReplayDesk(home)
        self._clock = clock
        self._due = 0.0
        self._found: dict[str, Any] | None = None

    def look(self) -> dict[str, Any] | None:
        """Its state; None: there is none with controls."""
        if self._clock() >= self._due:
            self._due = self._clock() + _EVERY_S
            state = self._desk.look()
            found = None if state is None else asdict(state)
            self._found = found and {k: v for k, v in found.items() if k not in _HIDDEN}
        return self._found

    def ask(self, speed: float | None, paused: bool | None) -> ReplayWish:
        """Wish for a speed or a pause; raises ServiceError when there is none to control."""
        self._due = 0.0
        return self._desk.ask(speed, paused)
