"""Cursors: where a page ended, for the client to hand back unread.

A cursor holds the sort key of the last row and a hash of what was asked, so that it cannot be used
for another query. It gives access to nothing, so it is checked, not signed.
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from hashlib import blake2b

import msgspec

from functions.query.refusal import RefusedError, refused

Part = int | str | bool
Key = Sequence[Part]

MAX_CURSOR = 1_024
_MAX_INT = (1 << 63) - 1
_EXPECTED = "the `next` of a page of this very query"


def scope_of(*asked: object) -> str:
    """A short hash of everything that decides which rows come, and in which order."""
    return blake2b(repr(asked).encode(errors="replace"), digest_size=6).hexdigest()


def encode_cursor(scope: str, key: Key) -> str:
    """The opaque text for a position."""
    return urlsafe_b64encode(msgspec.json.encode([scope, *key])).decode().rstrip("=")


def decode_cursor(text: str, scope: str, kinds: Sequence[type]) -> list[Part]:
    """The sort key; raises RefusedError (422) unless it is one that `encode_cursor` made."""
    found = _read(text)
    if len(found) != len(kinds) + 1 or found[0] != scope:
        raise _wrong(text)
    key = found[1:]
    if any(type(part) is not kind for part, kind in zip(key, kinds, strict=True)):
        raise _wrong(text)
    if any(abs(part) > _MAX_INT if isinstance(part, int) else "\0" in part for part in key):
        raise _wrong(text)
    return key


def _read(text: str) -> list[Part]:
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        return msgspec.json.decode(raw, type=list[Part])
    except (binascii.Error, ValueError, msgspec.MsgspecError) as error:
        raise _wrong(text) from error


def _wrong(text: str) -> RefusedError:
    return refused("cursor", _EXPECTED, text)
