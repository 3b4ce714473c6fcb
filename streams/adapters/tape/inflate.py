"""The bytes of a file, decompressed by what they are and not by the file's name."""

import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

import zstandard

from streams.domain.errors import InputError

_PIECE = 128 << 10
_PLAIN_PIECE = 1 << 20
_GZIP, _ZSTD, _ZIP = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PK\x03\x04"
PARQUET = b"PAR1"


class Piece(NamedTuple):
    """Decompressed bytes, and how many bytes of the file they took so far."""

    data: bytes
    position: int


class TruncatedError(Exception):
    """Compressed data that ends early or is damaged; every piece before it was good."""


class _Decompressor(Protocol):
    """What zlib's and zstandard's objects have in common: one compressed member or frame."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


def magic(path: Path) -> bytes:
    """The first four bytes of a file."""
    with path.open("rb") as stream:
        return stream.read(4)


def pieces(path: Path) -> Iterator[Piece]:
    """Decompressed pieces in order; raises TruncatedError after the last good one.

    Raises InputError for a zip that does not hold exactly one readable file.
    """
    first = magic(path)
    if first == _ZIP:
        yield from _unzipped(path)
        return
    with path.open("rb") as stream:
        if first[:2] == _GZIP:
            yield from _inflated(stream, "gzip", lambda: zlib.decompressobj(31))
        elif first == _ZSTD:
            yield from _inflated(stream, "zstd", zstandard.ZstdDecompressor().decompressobj)
        else:
            while data := stream.read(_PLAIN_PIECE):
                yield Piece(data, stream.tell())


def _inflated(stream: BinaryIO, kind: str, member: Callable[[], _Decompressor]) -> Iterator[Piece]:
    """Members or frames one after the other; zeros after a gzip member are padding."""
    inside: _Decompressor | None = None
    while data := stream.read(_PIECE):
        while data:
            if inside is None:
                if not (data := data.lstrip(b"\0")):
                    break
                inside = member()
            yield Piece(_decompress(inside, data, kind, stream.tell()), stream.tell())
            data = inside.unused_data if inside.eof else b""
            inside = None if inside.eof else inside
    if inside is not None:
        raise TruncatedError(f"{kind}: expected more data, was at its end after {stream.tell()}")


def _decompress(inside: _Decompressor, data: bytes, kind: str, position: int) -> bytes:
    try:
        return inside.decompress(data)
    except (zlib.error, zstandard.ZstdError) as error:
        raise TruncatedError(
            f"{kind}: expected whole data, was damaged before byte {position}: {error}"
        ) from error


def _unzipped(path: Path) -> Iterator[Piece]:
    try:
        with (
            path.open("rb") as stream,
            zipfile.ZipFile(stream) as archive,
            archive.open(_only_member(archive, path.name)) as member,
        ):
            while data := _unzip(member.read, path.name):
                yield Piece(data, stream.tell())
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise InputError(f"{path.name}: expected a readable zip, was: {error}") from error


def _unzip(read: Callable[[int], bytes], name: str) -> bytes:
    try:
        return read(_PIECE)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise TruncatedError(f"zip: expected whole data in {name}, was damaged: {error}") from error


def _only_member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    members = [
        info
        for info in archive.infolist()
        if not info.is_dir() and not info.filename.startswith("__MACOSX/")
    ]
    if len(members) != 1:
        seen = ", ".join(info.filename for info in members[:5]) or "none"
        raise InputError(f"{name}: expected one file in the zip, was {len(members)}: {seen}")
    return members[0]
