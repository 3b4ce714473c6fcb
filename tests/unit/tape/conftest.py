"""Fixtures that read small tapes whole."""

from pathlib import Path
from typing import Any

import pytest

from tests.tape_reading import Read, Reader, read_tape


@pytest.fixture
def read() -> Reader:
    return read_tape


@pytest.fixture
def tape_of(tmp_path: Path) -> Reader:
    """Write a file and read it."""

    def write(content: str | bytes, name: str = "tape.csv", **options: Any) -> Read:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_tape(path, **options)

    return write
