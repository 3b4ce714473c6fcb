"""The event that says a tape has settled: all that a replay caused is stored and delivered."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from streams.adapters.cloud_event import JSON_TYPE, CloudEvent

TYPE = "io.tapedeck.tape.settled"
SOURCE = "/tapedeck/replay"


def settled_event(run: str, now: float, data: Mapping[str, Any]) -> CloudEvent:
    """The one of a run: its id is the run's; `now` is in seconds, `data` is beside `run`."""
    attributes = {
        "specversion": "1.0",
        "id": run,
        "source": SOURCE,
        "type": TYPE,
        "time": datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds"),
        "datacontenttype": JSON_TYPE,
    }
    return CloudEvent(attributes, json.dumps({"run": run, **data}).encode())
