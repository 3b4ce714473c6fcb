"""A child process of ours: a log file, a pid file, and a death that follows its parent's."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from streams.adapters.pids import remove_pid, write_pid

_PR_SET_PDEATHSIG = 1


def _die_with_parent(number: int) -> Callable[[], object] | None:
    """What the child does first: have the kernel end it when its parent is gone, even by kill -9.

    Made before the fork: in the child of a process with threads, nothing may be imported.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(_PR_SET_PDEATHSIG, number)


class Child:
    """One `tapedeck` subcommand as a process of its own session, so Ctrl-C does not reach it.

    `on_orphaned` is the signal that it gets when this process is gone.
    """

    def __init__(
        self,
        home: Path,
        name: str,
        arguments: Sequence[str],
        env: Mapping[str, str],
        on_orphaned: int = signal.SIGTERM,
    ) -> None:
        self.name = name
        self.log = home / "logs" / f"{name}.log"
        self._home = home
        self._arguments = arguments
        self._env = env
        self._on_orphaned = on_orphaned
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start it (again), from the main thread; output goes to the end of its log."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  # our own command, no shell
                [sys.executable, "-m", "streams.cli", *self._arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self._env},
                start_new_session=True,
                preexec_fn=_die_with_parent(self._on_orphaned),
            )
        write_pid(self._home, self.name, self._process.pid)

    def exit_code(self) -> int | None:
        """None while it runs; negative: the signal that ended it."""
        return self._process.poll() if self._process else None

    def terminate(self) -> None:
        """Ask it to stop."""
        if self._process and self._process.poll() is None:
            self._process.terminate()

    def wait(self, seconds: float) -> None:
        """Wait for its end, kill it when it takes longer, and remove its pid file."""
        if self._process is None:
            return
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        remove_pid(self._home, self.name)

    def log_tail(self, lines: int = 12) -> str:
        """The last lines of its log, for an error message."""
        if not self.log.exists():
            return ""
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - 8_192))
            return "\n".join(log.read().decode("utf-8", "replace").splitlines()[-lines:])
