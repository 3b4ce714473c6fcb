"""A share of one core for each of some processes: who has used more is stopped for a moment.

The way of cpulimit: it needs no rights beyond those over one's own processes, and no cgroups.
"""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from types import TracebackType

import psutil

PERIOD = 0.02
"""Seconds between two looks."""
_BANKED = 0.1
"""Seconds of CPU that a process which had nothing to do may use later, beyond its share."""


@dataclass(slots=True)
class _Held:
    process: psutil.Process
    used: float
    at: float
    credit: float = 0.0
    stopped: bool = False


class CpuCap:
    """Holds processes at `share` of a core (1: a whole one) until they are let go of.

    Nobody stays stopped when the block is left. Without a share nobody is held.
    """

    def __init__(self, share: float | None) -> None:
        self._share = share
        self._held: dict[int, _Held] = {}
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="cpu-cap", daemon=True)

    def __enter__(self) -> "CpuCap":
        if self._share is not None:
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()
        for pid in list(self._held):
            self.release(pid)

    def hold(self, pid: int) -> None:
        """From now on; a process that has ended is none of our business."""
        if self._share is None:
            return
        try:
            process = psutil.Process(pid)
            held = _Held(process, _cpu_seconds(process), time.monotonic())
        except psutil.NoSuchProcess:
            return
        with self._lock:
            self._held[pid] = held

    def release(self, pid: int) -> None:
        """Let it use what it likes, and go on if it is stopped."""
        with self._lock:
            held = self._held.pop(pid, None)
            if held is not None:
                _go_on(held)

    def _run(self) -> None:
        while not self._over.wait(PERIOD):
            with self._lock:
                for pid, held in list(self._held.items()):
                    try:
                        self._judge(held)
                    except psutil.NoSuchProcess:
                        del self._held[pid]

    def _judge(self, held: _Held) -> None:
        assert self._share is not None  # noqa: S101  # the thread runs with a share only
        now, used = time.monotonic(), _cpu_seconds(held.process)
        held.credit = min(_BANKED, held.credit + self._share * (now - held.at) - used + held.used)
        held.at, held.used = now, used
        if held.credit < 0 and not held.stopped:
            held.process.suspend()
            held.stopped = True
        elif held.credit > 0:
            _go_on(held)


def _go_on(held: _Held) -> None:
    if held.stopped:
        held.stopped = False
        try:
            held.process.resume()
        except psutil.NoSuchProcess:
            return  # it was killed meanwhile: nothing to wake


def cpu_seconds(pids: Iterable[int]) -> float:
    """What processes have used since they began; those that have ended count nothing."""
    total = 0.0
    for pid in pids:
        try:
            total += _cpu_seconds(psutil.Process(pid))
        except psutil.NoSuchProcess:
            continue
    return total


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
