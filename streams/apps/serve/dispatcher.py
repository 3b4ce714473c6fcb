"""Delivers one Trigger's events: in order per partition key where it asks, retrying as it says.

```
 key A   e1 --try--x  back-off  --try--ok   e4 --try--ok        a key is a lane: its head blocks it
 key B   e2 --try--ok   e3 --try--ok                            lanes run side by side
```
Without order every event is a lane of its own. A slot is held only during an attempt.
"""

import asyncio
import base64
import json
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from streams.adapters.cloud_event import CloudEvent, binary_headers
from streams.apps.serve.manifests import Destination, Trigger
from streams.apps.serve.replies import TIMED_OUT, Answer, Judgement, Verdict, judge, retry_after
from streams.apps.serve.store import EventStore, Stored

Say = Callable[[str], None]
_ERROR_BYTES = 1_024

BROKEN_LANE = "a lane of events broke"
"""What the loop's exception handler is told: a programming error, nothing more is delivered."""


@dataclass(slots=True)
class Counts:
    """What became of a Trigger's events since the process started."""

    pending: int = 0
    delivered: int = 0
    dead_lettered: int = 0
    attempts: int = 0
    retries: int = 0


@dataclass(frozen=True, slots=True)
class Ways:
    """How events leave: one attempt to a destination, a reply to an event, a destination's URL."""

    send: Callable[[Destination, Mapping[str, str], bytes], Awaitable[Answer]]
    reply: Callable[[CloudEvent, CloudEvent], Awaitable[None]]
    address: Callable[[Destination], str]


class Dispatcher:
    """The queue of one Trigger."""

    def __init__(
        self,
        trigger: Trigger,
        store: EventStore,
        ways: Ways,
        *,
        slots: int,
        say: Say = print,
    ) -> None:
        self.trigger = trigger
        self.counts = Counts()
        self.dead: set[int] = set()
        self._store = store
        self._ways = ways
        self._slots = asyncio.Semaphore(slots)
        self._say = say
        self._lanes: dict[str, deque[Stored]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def put(self, stored: Stored) -> None:
        """Take over an event that is on disk."""
        self.counts.pending += 1
        self.dead.discard(stored.seq)
        key = stored.event.get("partitionkey") if self.trigger.ordered else None
        lane = f"#{stored.seq}" if key is None else f"={key}"
        if lane in self._lanes:
            self._lanes[lane].append(stored)
            return
        self._lanes[lane] = deque([stored])
        task = asyncio.create_task(self._run(lane))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def status(self) -> dict[str, Any]:
        """What `GET /` of the broker shows."""
        counts = {name: getattr(self.counts, name) for name in Counts.__slots__}
        return {
            "name": self.trigger.name,
            "subscriber": str(self.trigger.subscriber),
            "ordered": self.trigger.ordered,
            "dead": len(self.dead),
            **counts,
        }

    async def close(self) -> None:
        """Stop delivering; what is not delivered stays on disk."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            task.get_loop().call_exception_handler({"message": BROKEN_LANE, "exception": error})

    async def _run(self, key: str) -> None:
        lane = self._lanes[key]
        while lane:
            await self._deliver(lane[0])
            lane.popleft()
        del self._lanes[key]

    async def _deliver(self, stored: Stored) -> None:
        """To the subscriber, else to the dead-letter sink, else to the dead on disk."""
        outcome, said = await self._try(self.trigger.subscriber, stored.event)
        if outcome.verdict is Verdict.DELIVERED:
            await self._send_reply(stored.event, outcome)
            await self._store.delivered(stored.seq)
            self.counts.delivered += 1
        elif await self._to_dead_letter_sink(stored.event, outcome.code, said):
            await self._store.delivered(stored.seq)
            self.counts.dead_lettered += 1
        else:
            error = f"{outcome.code} {said.decode('utf-8', 'replace')}".strip()
            await self._store.buried(stored.seq, error)
            self.dead.add(stored.seq)
            self._say(f"{self.trigger.name}: gave up on {stored.event.id}: {error[:300]}")
        self.counts.pending -= 1

    async def _try(self, to: Destination, event: CloudEvent) -> tuple[Judgement, bytes]:
        """The last judgement on an event, after all the attempts that the Trigger grants."""
        headers = {**binary_headers(event), "prefer": "reply"}
        failures = 0
        while True:
            answer = await self._attempt(to, headers, event.data)
            outcome = judge(answer)
            if outcome.verdict is not Verdict.RETRY or failures == self.trigger.delivery.retry:
                return outcome, answer.body[:_ERROR_BYTES]
            failures += 1
            self.counts.retries += 1
            await asyncio.sleep(self.trigger.delivery.wait(failures, retry_after(answer)))

    async def _attempt(self, to: Destination, headers: Mapping[str, str], body: bytes) -> Answer:
        async with self._slots:
            self.counts.attempts += 1
            try:
                async with asyncio.timeout(self.trigger.delivery.timeout):
                    return await self._ways.send(to, headers, body)
            except TimeoutError:
                return Answer(TIMED_OUT)

    async def _to_dead_letter_sink(self, event: CloudEvent, code: int, said: bytes) -> bool:
        sink = self.trigger.delivery.dead_letter
        if sink is None:
            return False
        destination = self._ways.address(self.trigger.subscriber)
        wrapped = {
            "errdestination": destination,
            "errresponsebody": base64.b64encode(said).decode(),
        }
        letter = event.extended(
            {
                "knativeerrordest": destination,
                "knativeerrorcode": str(code),
                "knativeerrordata": base64.b64encode(json.dumps(wrapped).encode()).decode(),
            }
        )
        outcome, _ = await self._try(sink, letter)
        return outcome.verdict is Verdict.DELIVERED

    async def _send_reply(self, event: CloudEvent, outcome: Judgement) -> None:
        if outcome.reply is not None:
            await self._ways.reply(event, outcome.reply)
        elif outcome.bad_reply:
            self._say(f"{self.trigger.name}: reply to {event.id} refused: {outcome.bad_reply}")
