"""One service from stopped to answering, or an error that says what to do."""

import re
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from streams.adapters.services.ports import HOST, is_free
from streams.adapters.services.process import last_lines, size_of, start, stop
from streams.adapters.services.service import Place, Service
from streams.domain.errors import ServiceError

LEAST_DISK = 512 << 20
"""Bytes that the services need free to start."""

_POLL_SECONDS = 0.05
_ADVICE = (
    (r"No space left", "the disk is full: free some space or set TAPEDECK_HOME to another disk"),
    (
        r"Cannot allocate memory|insufficient memory|Could not reserve|OutOfMemory",
        "not enough memory: close something, or set {variable} to use one elsewhere",
    ),
    (r"[Aa]ddress already in use", "another program took port {port}: run it again"),
    (r"Permission denied", "a file or folder is not accessible: look at the owner of {data}"),
    (r"incompatible|InconsistentClusterId", "its data is of another version: `tapedeck reset`"),
)


def check_disk(home: Path) -> None:
    """Raises ServiceError when there is too little space to start."""
    free = shutil.disk_usage(home).free
    if free < LEAST_DISK:
        raise ServiceError(
            f"disk: expected {LEAST_DISK >> 20} MB free for {home}, was {free >> 20} MB: "
            "free some space or set TAPEDECK_HOME to another disk"
        )


def start_service(service: Service, place: Place, say: Callable[[str, str], None]) -> None:
    """Start a service and wait until it answers.

    Raises ServiceError with the reason, what to do, and the end of its log; the process does not
    stay then.
    """
    began, name = time.monotonic(), service.name
    if why := service.missing():
        raise ServiceError(f"{service.title}: {why}, or set {service.variable}")
    log = place.log(name)
    before = size_of(log)
    try:
        launch = service.prepare(place, lambda text: say(name, text))
        process = start(place.home, name, launch, log)
    except OSError as error:
        raise ServiceError(
            f"{service.title}: {error}{_advice(service, place, str(error))}"
        ) from error
    try:
        _wait(service, place, process)
    except BaseException as error:
        stop(place.home, name, process.pid, service.stop_signal, 5)
        if not isinstance(error, ServiceError):
            raise
        tail = last_lines(log, min(before, size_of(log)))
        advice = _advice(service, place, tail)
        raise ServiceError(f"{error}{advice}\nThe end of {log}:\n{tail}") from error
    say(
        name,
        f"{service.title} runs on {HOST}:{place.ports[name]}, "
        f"after {time.monotonic() - began:.1f} s",
    )


def _wait(service: Service, place: Place, process: subprocess.Popen[bytes]) -> None:
    address, deadline = service.address(place), time.monotonic() + service.seconds
    why = "no answer"
    while time.monotonic() < deadline:
        if process.poll() is not None:
            why = f"it ended with exit code {process.returncode}"
            break
        if not is_free(place.ports[service.name]):  # cheaper than a client that is refused
            try:
                service.reach(address, 2)
            except ServiceError as error:
                why = str(error)
            else:
                return
        time.sleep(_POLL_SECONDS)
    raise ServiceError(
        f"{service.title}: expected an answer within {service.seconds:g} s, was: {why}"
    )


def _advice(service: Service, place: Place, text: str) -> str:
    for pattern, advice in _ADVICE:
        if re.search(pattern, text):
            return ": " + advice.format(
                variable=service.variable,
                port=place.ports[service.name],
                data=place.data(service.name),
            )
    return ""
