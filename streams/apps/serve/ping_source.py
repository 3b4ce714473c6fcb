"""A PingSource (sources.knative.dev/v1): an event at the times of a cron schedule."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from streams.adapters.cloud_event import JSON_TYPE, REQUIRED, EventError, check_attributes
from streams.domain.errors import ConfigError

_FIELDS = {"schedule", "timezone", "contentType", "data", "dataBase64", "sink", "ceOverrides"}
_EVERY_MINUTE = "* * * * *"
_NAMED = {
    "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0", "@daily": "0 0 * * *", "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PingSource:
    """When to send, and what; `schedule` has five fields and is read in `zone`."""

    name: str
    schedule: str
    zone: tzinfo = UTC
    content_type: str = JSON_TYPE
    data: bytes = b""
    extensions: Mapping[str, str] = field(default_factory=dict)

    def after(self, moment: float) -> float:
        """The next time, in epoch seconds, after that one."""
        return next(CronSim(self.schedule, datetime.fromtimestamp(moment, self.zone))).timestamp()


def read_ping_source(document: Mapping[str, Any], where: str) -> PingSource:
    """Raises ConfigError that names field and value for what a cluster's webhook refuses, and for
    a sink that is no Broker, as there is nothing else to send to here.
    """
    spec = document["spec"]
    if unknown := spec.keys() - _FIELDS:
        raise ConfigError(f"{where}: expected {sorted(_FIELDS)}, was {sorted(unknown)}")
    if (spec.get("sink") or {}).get("ref", {}).get("kind") != "Broker":
        raise ConfigError(f"{where}: sink: expected a ref to a Broker, was {spec.get('sink')!r}")
    content_type = spec.get("contentType", JSON_TYPE)
    source = PingSource(
        name=document["metadata"]["name"],
        schedule=_schedule(spec.get("schedule", _EVERY_MINUTE), where),
        zone=_zone(spec.get("timezone", "UTC"), where),
        content_type=content_type,
        data=_data(spec, content_type, where),
        extensions=_extensions((spec.get("ceOverrides") or {}).get("extensions") or {}, where),
    )
    try:
        source.after(0)
    except (CronSimError, StopIteration) as error:
        said = f" ({error})" if str(error) else ", which never comes"
        was = spec.get("schedule")
        raise ConfigError(f"{where}: schedule: expected cron, was {was!r}{said}") from error
    return source


def _schedule(text: Any, where: str) -> str:
    """Five fields: L, # and seconds are of other crons than Knative's."""
    found = _NAMED.get(text, text) if isinstance(text, str) else ""
    if len(found.split()) != 5 or any(c in found for c in "L#@="):
        raise ConfigError(
            f"{where}: schedule: expected five fields such as '*/5 * * * *', was {text!r}"
        )
    return found


def _zone(name: Any, where: str) -> tzinfo:
    if name in ("", "UTC"):
        return UTC
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ConfigError(f"{where}: timezone: expected one such as UTC, was {name!r}") from error


def _extensions(given: Mapping[str, Any], where: str) -> dict[str, str]:
    """Text by name, as CloudEvents has them; the event's own attributes stay as they are."""
    found = {str(name): value for name, value in given.items()}
    try:
        if taken := found.keys() & {*REQUIRED, "time", "datacontenttype"}:
            raise ConfigError(f"{where}: ceOverrides: expected other names, was {sorted(taken)}")
        check_attributes({**dict.fromkeys(REQUIRED, "x"), "specversion": "1.0", **found})
    except (EventError, TypeError) as error:
        raise ConfigError(f"{where}: ceOverrides: {error}") from error
    return found


def _data(spec: Mapping[str, Any], content_type: str, where: str) -> bytes:
    if "data" in spec and "dataBase64" in spec:
        raise ConfigError(f"{where}: expected data or dataBase64, were both")
    try:
        if "dataBase64" in spec:
            return base64.b64decode(spec["dataBase64"], validate=True)
        text = str(spec.get("data", ""))
        if text and content_type == JSON_TYPE:
            json.loads(text)
        return text.encode()
    except (ValueError, TypeError, binascii.Error) as error:
        raise ConfigError(f"{where}: data: expected {content_type}, was broken: {error}") from error
