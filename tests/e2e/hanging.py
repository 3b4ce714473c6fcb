"""A server that answers nobody for a while: stopped by signal, with all its processes, by pid."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil


@contextmanager
def hanging(pid: int) -> Iterator[None]:
    """Connections stay open and nothing comes back; afterwards it goes on as if nothing was."""
    stopped = _tree(pid)
    try:
        for process in stopped:
            _send(process, signal.SIGSTOP)
        yield
    finally:
        for process in stopped:
            _send(process, signal.SIGCONT)


def kill_tree(pid: int) -> None:
    """Kill -9 a server and its processes."""
    for process in _tree(pid):
        _send(process, signal.SIGKILL)


def _tree(pid: int) -> list[psutil.Process]:
    parent = psutil.Process(pid)
    return [parent, *parent.children(recursive=True)]


def _send(process: psutil.Process, number: signal.Signals) -> None:
    with suppress(psutil.NoSuchProcess):  # a connection's process may have ended meanwhile
        process.send_signal(number)
