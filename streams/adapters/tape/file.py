"""The files of a tape: their names, bytes and content hash; `-` is standard input."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import xxhash

from streams.domain.errors import InputError

STDIN = "-"
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class TapeFile:
    """One input: where its bytes are, what people call it, and the xxh3_128 of its content."""

    name: str
    path: Path
    size: int
    digest: str


@contextmanager
def tape_files(names: list[str]) -> Iterator[list[TapeFile]]:
    """Find and hash the named files; standard input is spooled so that its hash comes first.

    Raises InputError for a file that is not there, cannot be read, or is named twice.
    """
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"files: expected each once, was twice: {', '.join(twice)}")
    if STDIN not in names:
        yield [_tape_file(Path(name), Path(name).name) for name in names]
        return
    with tempfile.NamedTemporaryFile(prefix="tapedeck-stdin-") as spool:
        shutil.copyfileobj(sys.stdin.buffer, spool, _PIECE)
        spool.flush()
        found = {STDIN: _tape_file(Path(spool.name), "stdin")}
        yield [found.get(name) or _tape_file(Path(name), Path(name).name) for name in names]


def _tape_file(path: Path, name: str) -> TapeFile:
    if path.is_dir():
        raise InputError(f"{name}: expected a file, was a folder")
    try:
        with path.open("rb") as stream:
            digest = _digest(stream)
            return TapeFile(name, path, stream.tell(), digest)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"{path}: expected a readable file, was: {reason}") from error


def _digest(stream: BinaryIO) -> str:
    state = xxhash.xxh3_128()
    while piece := stream.read(_PIECE):
        state.update(piece)
    return state.hexdigest()
