"""Functions from nothing: a process begins, and answers its first request.

In the virtual environment of the image, with the arguments of the manifests and as another user
where this one may (in a container nobody is root); database, Kafka and Redis are warm. Budget: 1 s.
"""

import os
import pwd
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from streams.adapters.database import upgrade
from streams.adapters.endpoints import Endpoints
from streams.adapters.services import down, up
from streams.adapters.topics import Topics, create_topics
from tests.bench.function_venv import compressed_size, make_function_venv
from tests.bench.table import Row
from tests.embedded import PARTITIONS, strange_ports
from tests.fakes import settings
from tests.function_process import FUNCTIONS, environment, function_process
from tests.function_requests import Requests

STARTS = 5
BUDGET = 1.0
BASE_MB = 45
"""Of python:3.11-slim-bookworm for x86-64, compressed, as the registry shows it; not measured."""
STDLIB_MB = 4.5
"""The bytecode of the standard library, compressed, in a build with buildah."""
IMAGE_MB = 120


@dataclass(frozen=True, slots=True)
class _Start:
    """Seconds from the start of the process, of CPU, and from SIGTERM to the end."""

    ready: float
    answered: float
    cpu: float
    stopped: float


def measure(home: Path) -> Iterator[Row]:
    """The size of the image's packages, then each function's seconds, the slowest of five."""
    home.chmod(0o755)
    venv = make_function_venv(home)
    packages = compressed_size(venv) / 1e6
    whole = packages + BASE_MB + STDLIB_MB
    yield Row("packages of `functions`, compressed", f"{packages:.0f} MB", "")
    yield Row(
        "image with base and compiled library",
        f"{whole:.0f} MB",
        f"{whole / IMAGE_MB:.2f} of {IMAGE_MB} MB",
    )
    user = _as_nobody(venv / "bin" / "python")
    yield Row("as the user", "nobody" if user else "of this shell", "")
    gunicorn = [*user, str(venv / "bin" / "gunicorn")]
    chosen = settings(TAPEDECK_HOME=home / "services")
    strange_ports(chosen.home)
    try:
        places = up(chosen)
        assert places.kafka is not None
        assert places.database is not None
        upgrade(places.database)
        create_topics(places.kafka, Topics(), PARTITIONS)
        for function in FUNCTIONS:
            yield from _function(function, gunicorn, places, home)
    finally:
        down(chosen)


def _as_nobody(python: Path) -> list[str]:
    """The words before a command that make it another user's; none where that is not possible.

    Not for root alone to say: a Python below a home that is closed does not run for others.
    """
    if os.getuid() != 0:
        return []
    user = pwd.getpwnam("nobody")
    words = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    asked = [*words, str(python), "-c", "import sys; print(sys.version)"]
    found = subprocess.run(asked, capture_output=True, text=True, check=False)
    return words if found.stdout.strip() == sys.version else []


def _function(
    function: str, gunicorn: Sequence[str], places: Endpoints, home: Path
) -> Iterator[Row]:
    folder = home / function
    folder.mkdir()
    env = environment(places, Path("/tmp/tapedeck"), HOME="/tmp", PYTHONDONTWRITEBYTECODE="1")
    starts = [_start(function, gunicorn, env, folder) for _ in range(STARTS)]
    yield _row(f"{function}: healthy", [each.ready for each in starts])
    yield _row(f"{function}: first real answer", [each.answered for each in starts])
    cpu = statistics.median(each.cpu for each in starts)
    yield Row(f"{function}: CPU until then", f"{cpu:.2f} s", "the least it takes")
    slowest = max(each.stopped for each in starts)
    yield Row(f"{function}: SIGTERM to exit 0", f"{slowest:.2f} s", "")


def _row(what: str, seconds: Sequence[float]) -> Row:
    worst = max(seconds)
    figure = f"{statistics.median(seconds):.2f} s, slowest {worst:.2f} s"
    return Row(what, figure, f"{worst / BUDGET:.2f} of the budget")


def _start(function: str, gunicorn: Sequence[str], env: Mapping[str, str], folder: Path) -> _Start:
    usual = Requests().of(function)[0]
    with function_process(function, env, folder, gunicorn) as running:
        ready = running.wait_until_it_answers()
        answer = httpx.request(
            usual.method, running.url + usual.target, headers=list(usual.headers),
            content=usual.body, timeout=10,
        )  # fmt: skip
        answered = time.monotonic() - running.began
        # An empty database knows no symbol: query's 404 is an answer from it all the same.
        assert answer.status_code in (200, 202, 404), (answer.status_code, answer.text)
        cpu = _cpu_seconds(running.process.pid)
        began = time.monotonic()
        status = running.stop()
        if status != 0:
            raise subprocess.CalledProcessError(status, gunicorn[-1], running.log.read_text())
        return _Start(ready, answered, cpu, time.monotonic() - began)


def _cpu_seconds(pid: int) -> float:
    master = psutil.Process(pid)
    times = [each.cpu_times() for each in (master, *master.children(recursive=True))]
    return float(sum(each.user + each.system for each in times))
