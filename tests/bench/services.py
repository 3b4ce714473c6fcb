"""Embedded services for a bench."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from streams.adapters.services import down, up
from tests.embedded import strange_ports
from tests.fakes import settings


@contextmanager
def kafka(home: Path) -> Iterator[str]:
    """The address of a Kafka of the bench's own."""
    strange_ports(home)
    chosen = settings(TAPEDECK_HOME=home)
    try:
        yield str(up(chosen, only={"kafka"}).kafka)
    finally:
        down(chosen)
