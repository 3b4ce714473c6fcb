"""Durations as Kubernetes manifests spell them, in seconds."""

import re

from streams.domain.errors import ConfigError

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_GO_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_ISO = re.compile(
    r"P(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?", re.IGNORECASE
)


def go_seconds(text: str, where: str) -> float:
    """`60s` or `1m30s`, as Serving's annotations; raises ConfigError that names `where`."""
    parts = _GO_PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ConfigError(f"{where}: expected a duration such as 60s or 1m30s, was {text!r}")
    return float(sum(float(number) * _UNITS[unit] for number, unit in parts))


def iso_seconds(text: str, where: str) -> float:
    """`PT0.5S`, as Eventing's delivery; raises ConfigError that names `where`."""
    match = _ISO.fullmatch(text)
    if match is None or not any(match.groups()):
        raise ConfigError(f"{where}: expected an ISO-8601 duration such as PT0.5S, was {text!r}")
    days, hours, minutes, seconds = (float(group or 0) for group in match.groups())
    return days * 86_400 + hours * 3_600 + minutes * 60 + seconds
