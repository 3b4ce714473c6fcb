"""Bar intervals: their names (`30s`, `5m`, `1h`, `1d`) and their lengths in milliseconds."""

import re

from streams.domain.errors import ConfigError

_UNITS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_NAME = re.compile(r"([1-9]\d{0,4})(min|[smhd])")
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)(ms|[smhd]|)")
DAY_MS = _UNITS["d"]


def interval_ms(name: str) -> int:
    """Length of a named interval in milliseconds; `1min` is read as `1m`.

    Raises ConfigError when the name is not a number and a unit, or when the length does not divide
    a day: windows are aligned to midnight UTC, so any other length would be cut off there.
    """
    match = _NAME.fullmatch(name.strip())
    if match is None:
        raise ConfigError(f"interval: expected a number and s, m, h or d such as 5m, was {name!r}")
    length = int(match[1]) * _UNITS[match[2][0]]
    if DAY_MS % length:
        raise ConfigError(f"interval: expected a length that divides a day, was {name!r}")
    return length


def duration_ms(text: str | int) -> int:
    """A time span in ms: a whole number, or a number and `ms`, `s`, `m`, `h` or `d`.

    Raises ValueError when it is neither.
    """
    match = _DURATION.fullmatch(str(text).strip())
    if match is None:
        raise ValueError("expected milliseconds, or a number and ms, s, m, h or d")
    return round(float(match[1]) * (_UNITS | {"ms": 1}).get(match[2], 1))


def interval_name(length_ms: int) -> str:
    """The shortest name of a length in whole seconds: 300000 is `5m`."""
    for unit in ("d", "h", "m"):
        if length_ms % _UNITS[unit] == 0:
            return f"{length_ms // _UNITS[unit]}{unit}"
    return f"{length_ms // 1_000}s"


def parse_intervals(names: str) -> dict[str, int]:
    """`1m,5m` as {name: milliseconds}, shortest first, each length once.

    Raises ConfigError for an empty list or a bad name.
    """
    lengths = sorted({interval_ms(name) for name in names.split(",") if name.strip()})
    if not lengths:
        raise ConfigError(f"intervals: expected at least one such as 1m,5m, was {names!r}")
    return {interval_name(length): length for length in lengths}
