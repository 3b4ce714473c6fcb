"""Runs gunicorn as a child that ends with its parent, however the parent ends.

Usage: `python -m streams.apps.serve.child PARENT_PID PID_FILE GUNICORN_ARGUMENT...`

It notes its own pid and removes the file itself, so that none is left when the parent was killed
and cannot. Only a kill -9 leaves the file: the parent removes it then, or the next runtime.
"""

import ctypes
import os
import signal
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Ask the kernel for SIGTERM on the parent's death, then become gunicorn."""
    # Until gunicorn has handlers of its own, the signal must not skip what is cleaned up here.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(arguments[0]):  # it died before the kernel was asked
        return
    pid_file, master = Path(arguments[1]), os.getpid()
    fresh = pid_file.with_suffix(f".{master}.new")
    try:
        fresh.write_text(f"{master}\n")
        fresh.replace(pid_file)
        _serve(arguments[2:])
    finally:
        if os.getpid() == master:  # gunicorn's worker, a fork, comes along here too
            fresh.unlink(missing_ok=True)
            _remove(pid_file, master)


def _serve(arguments: list[str]) -> None:
    from gunicorn.app.wsgiapp import run

    sys.argv = ["gunicorn", *arguments]
    run()


def _remove(pid_file: Path, pid: int) -> None:
    """Unless it names a successor by now."""
    try:
        if pid_file.read_text().strip() == str(pid):
            pid_file.unlink()
    except FileNotFoundError:
        return


if __name__ == "__main__":
    main(sys.argv[1:])
