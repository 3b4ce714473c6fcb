"""Spoiling what is in a body or a header: values, bytes and encodings that nobody should send."""

import json
import random
from collections.abc import Callable
from typing import Any

VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 1e-320, -0.0, 1e308, 1e400, -1e400, float("nan"), 10**18,
    10**400, -(10**30), 2**53 + 1, "", " ", "0", "NaN", "1e5", "\x00", "a\x00b", "\ud800", "\uffff",
    "é" * 40, "💥" * 64, "x" * 65, "x" * 5_000, "../../etc/passwd", "'; DROP TABLE bars; --",
    "%00", "{{7*7}}", "=1+1", "\r\nX: y", "\u202e", [], {}, [[]], [None], {"a": {"b": []}},
    "2021-11-08T09:00:00Z", "9999-12-31T23:59:59Z", "0000-00-00", 253402300800000, 10**12, 10**9,
)  # fmt: skip
ENCODINGS = ("utf-16", "utf-32", "utf-8-sig", "utf-7", "cp037", "latin-1")


def spoil_json(rng: random.Random, body: bytes) -> bytes:
    """The same JSON with something odd in one place; other bytes where it is no JSON."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return spoil_bytes(rng, body)
    changed = _change(rng, value)
    text = json.dumps(changed, ensure_ascii=rng.random() < 0.7)
    if rng.random() < 0.05:
        text = _nested(rng, text)
    if rng.random() < 0.05 and text.startswith("{") and len(text) > 2:
        text = "{" + text[1:-1] + "," + text[1:]  # every member twice
    return text.encode("utf-8", "surrogatepass")


def _change(rng: random.Random, value: Any) -> Any:
    if isinstance(value, dict) and value and rng.random() < 0.9:
        return _change_member(rng, dict(value))
    if isinstance(value, list) and value and rng.random() < 0.8:
        changed = list(value)
        at = rng.randrange(len(changed))
        changed[at] = _change(rng, changed[at])
        return changed * rng.choice((1, 1, 1, 50))
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and abs(value) < 1e200 and rng.random() < 0.5:
        return rng.choice((value * 1e9, -value, value / 1e9, str(value), value + 0.5, [value]))
    return rng.choice(VALUES)


def _change_member(rng: random.Random, value: dict[str, Any]) -> dict[str, Any]:
    name = rng.choice(list(value))
    action = rng.random()
    if action < 0.7:
        value[name] = _change(rng, value[name])
    elif action < 0.85:
        del value[name]
    elif action < 0.93:
        value[str(rng.choice(VALUES))] = rng.choice(VALUES)
    else:
        value[name.upper()] = value.pop(name)
    return value


def _nested(rng: random.Random, text: str) -> str:
    depth = rng.choice((10, 1_000, 100_000))
    opening, closing = rng.choice((("[", "]"), ('{"a":', "}")))
    return opening * depth + text + closing * rng.choice((depth, 0))


def spoil_bytes(rng: random.Random, body: bytes) -> bytes:
    """Bits flipped, a part missing, twice or somewhere else, garbage in between."""
    if not body:
        return rng.randbytes(rng.randrange(200))
    at, other = sorted((rng.randrange(len(body)), rng.randrange(len(body))))
    kinds: tuple[Callable[[], bytes], ...] = (
        lambda: body[:at] + bytes([body[at] ^ 1 << rng.randrange(8)]) + body[at + 1 :],
        lambda: body[:at],
        lambda: body[at:],
        lambda: body[:at] + body[other:],
        lambda: body[:other] + body[at:other] * 3 + body[other:],
        lambda: body[:at] + rng.randbytes(rng.randrange(1, 20)) + body[at:],
        lambda: body[:at] + rng.choice((b"\x00", b"\xff\xfe", b"\xc0\x80", b"\xed\xa0\x80")),
        lambda: b"",
        lambda: rng.randbytes(len(body)),
        lambda: body[::-1],
    )
    return rng.choice(kinds)()


def spoil_text(rng: random.Random, text: str) -> str:
    """A header's or parameter's value with something odd in it; never a line break by itself."""
    at = rng.randrange(len(text) + 1)
    odd = (
        "", " ", "%00", "%FF", "%ED%A0%80", "%", "%2", "%0d%0aX:%20y", "\x01", "\x7f", "é", "ÿ",
        "x" * 300, "x" * 7_000, '"', "'", ";", ",", "\t", "None", "-1", "1e400", "0" * 50, "*",
        "٣", "²",
    )  # fmt: skip
    word = rng.choice(odd)
    return rng.choice((word, text[:at] + word + text[at:], text[:at], text * 2, text.upper()))
