"""What a server that Tapedeck starts itself has to tell about itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from signal import Signals
from typing import Protocol

Say = Callable[[str], None]
"""Takes one line of progress."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where one embedded server lives: all paths are absolute, ports are of 127.0.0.1."""

    home: Path
    ports: Mapping[str, int] = field(default_factory=dict)

    def data(self, name: str) -> Path:
        return self.home / "data" / name

    def log(self, name: str) -> Path:
        return self.home / "logs" / f"{name}.log"


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start a process; `user` is an account to run it as, None for our own."""

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None


@dataclass(frozen=True, slots=True)
class Marker:
    """What a server's command line has and no other process's: its program and one argument."""

    program: str
    argument: str


class Service(Protocol):
    """One kind of server: Kafka, PostgreSQL or Redis."""

    name: str
    title: str
    variable: str
    """The environment variable that names a real one instead."""
    ports: Mapping[str, int]
    """Its ports by name, each with the usual number; the first, called `name`, is for clients."""
    stop_signal: Signals
    seconds: float
    """How long it may take to answer after its start."""

    def missing(self) -> str | None:
        """Why this machine cannot run it, None when it can."""

    def marker(self, place: Place) -> Marker:
        """How its process is recognised."""

    def prepare(self, place: Place, say: Say) -> Launch:
        """Make its data folder and configuration; raises ServiceError when that fails."""

    def address(self, place: Place) -> str:
        """What clients connect to."""

    def reach(self, address: str, seconds: float) -> None:
        """Return when it answers at once; raises ServiceError when it does not."""
