"""gunicorn as the manifests run it, on a free port of 127.0.0.1."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from streams.adapters.services.ports import free_port
from tests.waiting import wait_for


@dataclass(frozen=True, slots=True)
class Gunicorn:
    """One that runs, and answers."""

    process: subprocess.Popen[bytes]
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def worker(self) -> int:
        """The pid of its one worker, which does the work."""
        pid = self.process.pid
        with open(f"/proc/{pid}/task/{pid}/children") as children:
            return int(children.read().split()[0])


@contextmanager
def gunicorn(application: str, threads: int, settings: Mapping[str, str]) -> Iterator[Gunicorn]:
    """Serve `module:application` with these settings; any HTTP answer to `/healthz` will do."""
    port = free_port(frozenset())
    command = [
        sys.executable, "-m", "gunicorn", "--workers=1", f"--threads={threads}",
        "--keep-alive=120", "--no-control-socket", f"--bind=127.0.0.1:{port}",
        "--log-level=warning", application,
    ]  # fmt: skip
    process = subprocess.Popen(command, env={**os.environ, **settings})
    running = Gunicorn(process, port)
    try:
        wait_for(lambda: _answers(running), f"{application} to answer")
        yield running
    finally:
        process.terminate()
        process.wait(40)


def _answers(running: Gunicorn) -> bool:
    assert running.process.poll() is None, "gunicorn ended"
    try:
        httpx.get(f"{running.url}/healthz")
    except httpx.TransportError:
        return False
    return True
