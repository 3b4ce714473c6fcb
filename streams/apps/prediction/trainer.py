"""Training by itself: where no models fit, a child process trains them from the archive.

It runs at the lowest priority and on one thread, with a log of its own (`train.log`); predictions
go on (or on being absent) meanwhile, and what it publishes is taken up between two bars. Whether
there is enough to learn from is the child's to find out, which it does before it loads anything
large: after a failure it is tried again when twice as many rows have been seen, and not within a
minute. Rows are only counted where they pass; a thread looks at the counts, so that a training
also begins when a replay is over and no more rows come.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from streams.adapters.child import Child
from streams.adapters.models.shelf import Shelf
from streams.adapters.settings import Settings
from streams.domain.indicator_row import IndicatorRow

logger = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
_PAUSE_SECONDS = 60.0


class Process(Protocol):
    """The part of a child process that is used here."""

    def start(self) -> None: ...
    def exit_code(self) -> int | None: ...


def training_child(settings: Settings, interval: str) -> Child:
    """`tapedeck train` for one interval; it ends with this process."""
    arguments = ["train", "--from-db", "--interval", interval, "--background"]
    env = {"TAPEDECK_HOME": str(settings.home.resolve()), "OMP_NUM_THREADS": "1"}
    return Child(Path(env["TAPEDECK_HOME"]), "train", arguments, env)


class Trainer:
    """Counts the rows that no models fit, and trains where there are some."""

    def __init__(
        self,
        shelf: Shelf,
        intervals: Sequence[str],
        child: Callable[[str], Process],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`intervals` are those to train for; none: it never does."""
        self._shelf = shelf
        self._child = child
        self._clock = clock
        self._unmet = dict.fromkeys(intervals, 0)
        self._due = dict.fromkeys(intervals, 1)
        self._running: tuple[str, Process] | None = None
        self._not_before = float("-inf")

    def __call__(self, row: IndicatorRow) -> None:
        """Count the row when no models fit it."""
        count = self._unmet.get(row.interval)
        if count is not None and self._shelf.of(row.interval, row.symbol) is None:
            self._unmet[row.interval] = count + 1

    def watch(self) -> None:
        """Look now and then, in a thread that ends with the process."""
        threading.Thread(target=self._watch, name="trainer", daemon=True).start()

    def look(self) -> None:
        """Begin a training where one is due, unless one runs; say how the last one ended."""
        if self._running is not None:
            self._look_after(*self._running)
        elif self._clock() >= self._not_before:
            for interval, count in self._unmet.items():
                if count >= self._due[interval]:
                    self._begin(interval, count)
                    return

    def _watch(self) -> None:
        if not self._unmet:
            return
        while True:
            time.sleep(LOOK_SECONDS)
            try:
                self.look()
            except OSError as error:  # no process, no log: models are missing, nothing else is
                self._not_before = self._clock() + _PAUSE_SECONDS
                logger.warning("training could not be started error=%s", error)

    def _begin(self, interval: str, count: int) -> None:
        self._due[interval] = 2 * count
        logger.info("training interval=%s rows_without_models=%d", interval, count)
        process = self._child(interval)
        process.start()
        self._running = interval, process

    def _look_after(self, interval: str, process: Process) -> None:
        code = process.exit_code()
        if code is None:
            return
        self._running = None
        self._not_before = self._clock() + _PAUSE_SECONDS
        if code == 0:
            logger.info("training interval=%s done", interval)
        else:
            logger.warning(
                "training interval=%s made no models exit_code=%d: see logs/train.log",
                interval, code,
            )  # fmt: skip
