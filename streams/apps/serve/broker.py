"""The local broker: accepts events onto disk, fans them out to Triggers, routes replies back."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import aiohttp

from streams.adapters.cloud_event import CloudEvent
from streams.apps.serve.activator import Activator
from streams.apps.serve.dispatcher import Dispatcher, Ways
from streams.apps.serve.manifests import Destination, Trigger
from streams.apps.serve.replies import NO_ANSWER, Answer
from streams.apps.serve.store import EventStore

TTL = "knativebrokerttl"
_HOPS = 255
_MOST_PENDING = 20_000
_URI_SLOTS = 50

Say = Callable[[str], None]


class Broker:
    """Make it in the event loop; `resume` before the first event."""

    def __init__(
        self,
        triggers: Sequence[Trigger],
        activators: Mapping[str, Activator],
        store_path: Path,
        session: aiohttp.ClientSession,
        say: Say = print,
    ) -> None:
        self._activators = activators
        self._session = session
        self._say = say
        self._store = EventStore(store_path)
        self._dispatchers = {
            trigger.name: Dispatcher(
                trigger,
                self._store,
                Ways(self.send, self._accept_reply, self.address),
                slots=self._slots(trigger.subscriber),
                say=say,
            )
            for trigger in triggers
        }
        self.accepted = 0

    @property
    def pending(self) -> int:
        """Accepted events that are not yet delivered, once per Trigger."""
        return sum(dispatcher.counts.pending for dispatcher in self._dispatchers.values())

    @property
    def full(self) -> bool:
        """Whether so much is pending that senders should wait."""
        return self.pending >= _MOST_PENDING

    async def resume(self) -> int:
        """Go on with what an earlier process left; returns how many events that are."""
        for seq, name in await self._store.dead():
            if name in self._dispatchers:
                self._dispatchers[name].dead.add(seq)
        left = [s for s in await self._store.undelivered() if s.trigger in self._dispatchers]
        for stored in left:
            self._dispatchers[stored.trigger].put(stored)
        return len(left)

    async def accept(self, event: CloudEvent) -> None:
        """Returns when the event is on disk for every Trigger that wants it.

        One that is still undelivered is not stored twice. Raises ServiceError when the disk
        refuses.
        """
        names = [n for n, d in self._dispatchers.items() if d.trigger.matches(event)]
        if names:
            for stored in await self._store.add(event, names):
                self._dispatchers[stored.trigger].put(stored)
        self.accepted += 1

    async def send(self, to: Destination, headers: Mapping[str, str], body: bytes) -> Answer:
        """One attempt: through the activator of a service, or to a URL."""
        if to.service is not None:
            return await self._activators[to.service].call("POST", "/", headers, body)
        try:
            async with self._session.post(
                str(to.uri), headers=dict(headers), data=body, allow_redirects=False
            ) as answer:
                return Answer(answer.status, dict(answer.headers), await answer.read())
        except aiohttp.ClientError:
            return Answer(NO_ANSWER)

    def address(self, to: Destination) -> str:
        """The URL of a destination, for people and `knativeerrordest`.

        A function's has its name, as on a cluster: its port may be another one next time.
        """
        return f"http://{to.service}.localhost/" if to.uri is None else to.uri

    def status(self) -> dict[str, Any]:
        """The whole state as one JSON object."""
        triggers = [dispatcher.status() for dispatcher in self._dispatchers.values()]
        return {
            "pending": sum(trigger["pending"] for trigger in triggers),
            "dead": sum(trigger["dead"] for trigger in triggers),
            "accepted": self.accepted,
            "triggers": triggers,
            "services": [activator.status() for activator in self._activators.values()],
        }

    async def close(self) -> None:
        """Stop delivering and close the store."""
        await asyncio.gather(*(dispatcher.close() for dispatcher in self._dispatchers.values()))
        await self._store.close()

    async def _accept_reply(self, event: CloudEvent, reply: CloudEvent) -> None:
        """A reply is an event like any other, but it ends after so many hops."""
        hops = int(ttl) if (ttl := event.get(TTL) or "").isdigit() else _HOPS
        if hops <= 1:
            self._say(f"broker: reply {reply.id} dropped: {TTL} is used up, a loop of replies?")
            return
        await self.accept(reply.extended({TTL: str(hops - 1)}))

    def _slots(self, subscriber: Destination) -> int:
        if subscriber.service is None:
            return _URI_SLOTS
        return self._activators[subscriber.service].capacity
