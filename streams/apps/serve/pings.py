"""Sends the events of PingSources into the broker, when the wall clock says so.

```
 the clock jumps ahead over 12:05, 12:10   one event, for 12:05: what was missed is not made up for
 the clock goes back to before 12:05       none for 12:05, which has had its own
```
"""

import asyncio
import time
import uuid
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from streams.adapters.cloud_event import CloudEvent
from streams.apps.serve.ping_source import PingSource
from streams.domain.errors import ServiceError

TYPE = "dev.knative.sources.ping"
_POLL_SECONDS = 0.5
_AGAIN_SECONDS = 1.0
_REMEMBERED = 1_440

Accept = Callable[[CloudEvent], Awaitable[None]]
Say = Callable[[str], None]


class Clockwork:
    """Strikes once at each time of a schedule, however the clock is set."""

    def __init__(self, source: PingSource, now: float) -> None:
        """`now` is in epoch seconds, as in `strikes`."""
        self._source = source
        self._seen = now
        self._due = source.after(now)
        self._struck: deque[float] = deque(maxlen=_REMEMBERED)

    def strikes(self, now: float) -> bool:
        """Whether a time of the schedule has come since the last call, that never came before."""
        if now < self._seen:
            self._due = self._source.after(now)
        self._seen = now
        if now < self._due:
            return False
        due, self._due = self._due, self._source.after(now)
        if due in self._struck:
            return False
        self._struck.append(due)
        return True


async def ping(
    source: PingSource, accept: Accept, say: Say, now: Callable[[], float] = time.time
) -> None:
    """Send until cancelled; while the broker's disk refuses an event it is tried again."""
    clockwork = Clockwork(source, now())
    while True:
        await asyncio.sleep(_POLL_SECONDS)
        if clockwork.strikes(now()):
            await _send(ping_event(source, now()), accept, say)


def ping_event(source: PingSource, now: float) -> CloudEvent:
    """As Knative's PingSource makes it, in the namespace `default`."""
    return CloudEvent(
        {
            "specversion": "1.0",
            "id": str(uuid.uuid4()),
            "source": f"/apis/v1/namespaces/default/pingsources/{source.name}",
            "type": TYPE,
            "time": datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds"),
            "datacontenttype": source.content_type,
            **source.extensions,
        },
        source.data,
    )


async def _send(event: CloudEvent, accept: Accept, say: Say) -> None:
    while True:
        try:
            await accept(event)
        except ServiceError as error:
            say(f"{event.source}: {error}; next try in {_AGAIN_SECONDS:g} s")
            await asyncio.sleep(_AGAIN_SECONDS)
        else:
            return
