"""A function as its manifest starts it: gunicorn in a process of its own, over real services."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from streams.adapters.endpoints import Endpoints
from streams.adapters.services.ports import free_port
from streams.apps.serve.reading import read_manifests

FUNCTIONS = ("ingest", "notify", "aggregate", "query", "dead-letter")
_STOP_SECONDS = 20.0
_POLL_SECONDS = 0.002


@dataclass(frozen=True, slots=True)
class FunctionProcess:
    """`began` is the monotonic time just before the process was made."""

    name: str
    url: str
    log: Path
    began: float
    process: subprocess.Popen[bytes]

    def wait_until_it_answers(self, seconds: float = 30) -> float:
        """Seconds from the start of the process to the first answer of `/healthz`."""
        deadline = time.monotonic() + seconds
        with httpx.Client() as client:
            while time.monotonic() < deadline:
                assert self.process.poll() is None, self.log.read_text()
                try:
                    if client.get(f"{self.url}/healthz").is_success:
                        return time.monotonic() - self.began
                except httpx.TransportError:
                    time.sleep(_POLL_SECONDS)
        raise AssertionError(
            f"{self.name} did not answer in {seconds:g} s:\n{self.log.read_text()}"
        )

    def stop(self) -> int:
        """Its exit status after SIGTERM."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(_STOP_SECONDS)


def environment(places: Endpoints, home: Path, **more: str) -> dict[str, str]:
    """What a function sees where these services are, and nothing of the developer's settings."""
    at = {
        "KAFKA_BOOTSTRAP_SERVERS": places.kafka,
        "DATABASE_URL": places.database,
        "REDIS_URL": places.redis,
    }
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("TAPEDECK_") and name not in at
    }
    named = {name: value for name, value in at.items() if value is not None}
    return kept | named | {"TAPEDECK_HOME": str(home)} | more


@contextmanager
def function_process(
    name: str,
    env: Mapping[str, str],
    folder: Path,
    gunicorn: Sequence[str] = (sys.executable, "-m", "gunicorn"),
) -> Iterator[FunctionProcess]:
    """The function of that name; it is stopped afterwards, killed when it does not stop."""
    port = free_port()
    log = folder / f"{name}.log"
    arguments = read_manifests().services[name].args
    command = [*gunicorn, f"--bind=127.0.0.1:{port}", *arguments]
    with log.open("wb") as out:
        began = time.monotonic()
        process = subprocess.Popen(
            command, cwd=folder, env=dict(env), stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )
    try:
        yield FunctionProcess(name, f"http://127.0.0.1:{port}", log, began, process)
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
