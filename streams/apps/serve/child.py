"""Runs gunicorn as a child that ends with its parent, however the parent ends.

Usage: `python -m streams.apps.serve.child PARENT_PID GUNICORN_ARGUMENT...`
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Ask the kernel for SIGTERM on the parent's death, then become gunicorn."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(arguments[0]):  # it died before the kernel was asked
        return
    from gunicorn.app.wsgiapp import run

    sys.argv = ["gunicorn", *arguments[1:]]
    run()


if __name__ == "__main__":
    main(sys.argv[1:])
