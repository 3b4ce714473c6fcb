"""Fields of providers' JSON: numbers that may be text, times that may be s, ms, us or ns."""

import re
from datetime import datetime
from math import isfinite
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson

_NUMBER = re.compile(r"-?\d{1,18}(\.\d{1,18})?([eE][+-]?\d{1,3})?")
# The smallest value of each unit that is later than 1971 and so is none of a finer unit.
_LATEST = 10**19
_UNITS = ((10**17, 1_000_000), (10**14, 1_000), (3 * 10**10, 1))


class FieldError(ValueError):
    """A field is missing or no such thing; the text says which, what is expected and what was."""


def number(item: dict[str, Any], name: str) -> float:
    """A finite JSON number, or one as text. Raises FieldError."""
    value: Any = item.get(name)
    is_text = isinstance(value, str) and _NUMBER.fullmatch(value.strip()) is not None
    if type(value) is float or type(value) is int or is_text:
        found = float(value)
        if isfinite(found):
            return found
    raise FieldError(f"{name}: expected a number, was {_shown(value)}")


def optional(item: dict[str, Any], name: str) -> float | None:
    """The same, None where there is none."""
    return None if item.get(name) is None else number(item, name)


def text(item: dict[str, Any], name: str) -> str:
    """A string that is not empty. Raises FieldError."""
    value: Any = item.get(name)
    if isinstance(value, str) and value.strip():
        return value.strip()
    raise FieldError(f"{name}: expected text, was {_shown(value)}")


def moment(item: dict[str, Any], name: str) -> int:
    """Epoch s, ms, us or ns, told apart by size, as ms. Raises FieldError."""
    value = number(item, name)
    if not 0 < value < _LATEST:
        raise FieldError(f"{name}: expected an epoch, was {_shown(item.get(name))}")
    for least, divisor in _UNITS:
        if value >= least:
            return int(item[name]) // divisor if type(item[name]) is int else int(value / divisor)
    return round(value * 1_000)


def local_time(value: str, zone: str) -> int:
    """`2024-03-04 19:55:00` of a time zone as epoch ms. Raises FieldError."""
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError as error:
        raise FieldError(f"time: expected YYYY-MM-DD HH:MM:SS, was {_shown(value)}") from error
    try:
        at = parsed if parsed.tzinfo else parsed.replace(tzinfo=ZoneInfo(zone))
        return int(at.replace(microsecond=0).timestamp()) * 1_000 + at.microsecond // 1_000
    except (ZoneInfoNotFoundError, ValueError, OverflowError, OSError) as error:
        raise FieldError(
            f"time: expected one of a zone, was {_shown(f'{value} {zone}')}"
        ) from error


def parsed(raw: bytes | str) -> Any:
    """The JSON value of a frame. Raises FieldError."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise FieldError(f"frame: expected JSON, was broken: {error}") from error


def _shown(value: object) -> str:
    return "missing" if value is None else repr(value)[:60]
