"""A real `tapedeck panel` process."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest


def wait_until(true: Callable[[], bool], what: str, seconds: float = 30) -> None:
    """Poll until it is true; fail with what was waited for."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            pytest.fail(f"waited {seconds:g} s for {what}")
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Dashboard:
    """A `tapedeck panel` process that can be stopped and started again on its port."""

    kafka: str
    prefix: str
    home: Path
    port: int
    env: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def get(self, path: str) -> tuple[int, str]:
        """Status and body of a GET; 0 when nobody answers."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=3) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def start(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        with (self.home / "panel.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "streams.cli", "panel"],
                stdout=log,
                stderr=log,
                env={
                    **os.environ,
                    "KAFKA_BOOTSTRAP_SERVERS": self.kafka,
                    "TAPEDECK_TOPIC_PREFIX": self.prefix,
                    "TAPEDECK_HOME": str(self.home),
                    "TAPEDECK_PANEL_PORT": str(self.port),
                    **self.env,
                },
            )
        wait_until(lambda: self.get("readyz")[0] == 200, f"the dashboard; {self.log()}")

    def stop(self) -> float:
        """Seconds that it took to end after SIGTERM."""
        assert self.process
        began = time.monotonic()
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        return time.monotonic() - began

    def log(self) -> str:
        path = self.home / "panel.log"
        return path.read_text()[-3_000:] if path.exists() else ""
