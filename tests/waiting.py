"""Waiting for something to become true, never longer than a deadline."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_for(probe: Callable[[], T | None], what: str, seconds: float = 30) -> T:
    """The first truthy answer of `probe`; fails the test when none comes within `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        found = probe()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"expected {what} within {seconds:g} s, was {found!r}")
        time.sleep(0.02)
