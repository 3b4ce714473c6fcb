"""A row to store, and fields that PostgreSQL takes or that are refused by name."""

from dataclasses import dataclass

import msgspec

from streams.adapters.database import binary_copy as pg

Key = tuple[str | int, ...]

MAX_INT = (1 << 63) - 1
# An entry of an index must fit a third of a page of 8 kB, at up to four bytes a character.
MAX_KEY = 300
_json = msgspec.json.Encoder(order="sorted").encode


class UnstorableError(ValueError):
    """A value that PostgreSQL cannot hold; says which field, what was expected and what it was."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row to store."""

    table: str
    key: Key
    copy: bytes
    time: int
    """Epoch ms; what partitions go by."""


def plain_text(name: str, value: str) -> str:
    """The text, where it can be stored."""
    if "\0" in value:
        raise UnstorableError(f"{name}: expected text without NUL, was {value[:80]!r}")
    return value


def key_text(name: str, value: str) -> str:
    """A text that fits an index."""
    if len(value) > MAX_KEY:
        raise UnstorableError(
            f"{name}: expected at most {MAX_KEY} characters, was {len(value)}: {value[:80]!r}"
        )
    return plain_text(name, value)


def whole(name: str, value: int) -> int:
    """An integer of 64 bits."""
    if abs(value) > MAX_INT:
        raise UnstorableError(f"{name}: expected a 64-bit integer, was {str(value)[:80]}")
    return value


def json_text(name: str, value: dict[str, float] | dict[str, str]) -> bytes:
    """An object as JSON, its keys sorted."""
    encoded = _json(value)
    if b"\\u0000" in encoded:
        raise UnstorableError(f"{name}: expected text without NUL, was {encoded[:80]!r}")
    return encoded


def optional(value: str | float | None) -> bytes:
    """NULL, a text or a double."""
    if value is None:
        return pg.NULL
    return pg.text(plain_text("context", value)) if isinstance(value, str) else pg.double(value)
