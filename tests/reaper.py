"""Ends whatever a test run has started, also when the run itself is interrupted or killed.

A killed process runs no fixture's end, and the servers are daemons: they would stay. So a child
waits for the end of its standard input, which comes with ours, and then ends every process whose
environment carries this run's mark.
"""

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator

import psutil
import pytest

_MARK = "TAPEDECK_TEST_RUN"
_PATIENCE_S = 20


@pytest.fixture(autouse=True, scope="session")
def _nothing_stays() -> Iterator[None]:
    mark = uuid.uuid4().hex
    command = [sys.executable, "-m", "tests.reaper", mark]
    # A session of its own: Ctrl-C is for the tests.
    with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True) as child:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(_MARK, mark)
            yield
        child.communicate(timeout=3 * _PATIENCE_S)
        assert child.returncode == 0, "processes were left behind: the reaper has ended them"


def reap(mark: str) -> int:
    """End the processes with this mark; returns how many there were."""
    left = [each for each in psutil.process_iter() if _is_left(each, mark)]
    for process in left:
        process.terminate()
    for process in psutil.wait_procs(left, _PATIENCE_S)[1]:
        process.kill()
    return len(left)


def _is_left(process: psutil.Process, mark: str) -> bool:
    """Marked, alive, and not Python's own helper, which ends when its owner does."""
    try:
        if process.environ().get(_MARK) != mark or process.status() == psutil.STATUS_ZOMBIE:
            return False
        command = " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False
    if "multiprocessing.resource_tracker" in command:
        return False
    sys.stderr.write(f"left behind: {process.pid} {command[:300]}\n")
    return True


if __name__ == "__main__":
    os.environ.pop(_MARK, None)
    sys.stdin.read()
    sys.exit(1 if reap(sys.argv[1]) else 0)
