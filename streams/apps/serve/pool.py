"""The instances of one function: started for demand, retired when idle, between the scale bounds.

```
 start --ready--> called --idle for a window--> stopped          told at each `ready`: room for work
   '--fails--> told `failed`; none starts before its back-off is over
```
"""

import asyncio
import sys
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streams.apps.serve.instance import Instance, State
from streams.apps.serve.manifests import Service
from streams.apps.serve.scaling import TICK_SECONDS, Scaling
from streams.domain.errors import ServiceError, TapedeckError

STOP_SECONDS = 8.0
"""How long an instance may take to finish when everything stops; events are safe on disk."""
_LONGEST_BACKOFF = 30.0

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Demand:
    """Who uses a pool: how many requests are under way or wait, and what it wants to be told."""

    waiting: Callable[[], int]
    ready: Callable[[], None]
    failed: Callable[[ServiceError], None]


class Pool:
    """From zero instances to `max-scale`; make it in the event loop."""

    def __init__(self, service: Service, home: Path, demand: Demand, say: Say) -> None:
        self.service = service
        self.scaling = Scaling(service)
        self.starts = 0
        self._home = home
        self._demand = demand
        self._say = say
        self._instances: list[Instance] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._failures = 0
        self._not_before = 0.0
        self._closing = False
        self._scaler: asyncio.Task[None] | None = None

    @property
    def running(self) -> list[Instance]:
        """Those that have a process, or are about to."""
        return [instance for instance in self._instances if instance.state is not State.GONE]

    def run(self) -> None:
        """Begin to scale; `close` ends it."""
        self._scaler = self._spawn(self._autoscale())

    def take(self) -> Instance | None:
        """The least busy instance with room; one request more is under way there."""
        ready = [i for i in self._instances if i.state is State.READY]
        instance = min(ready, key=lambda i: i.in_flight, default=None)
        if instance is None or instance.in_flight >= self.scaling.per_instance:
            return None
        instance.in_flight += 1
        instance.requests += 1
        return instance

    def wanted(self) -> None:
        """A request waits: start the first instance."""
        self.scaling.note(self._load())
        if not self._live():
            self._start()

    async def close(self) -> None:
        """Stop every instance, within STOP_SECONDS and a little."""
        self._closing = True
        if self._scaler is not None:
            self._scaler.cancel()
        await asyncio.gather(*(instance.stop(STOP_SECONDS) for instance in self.running))
        # Not cancelled: each ends with its instance, and cleans up after it.
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _live(self) -> list[Instance]:
        return [i for i in self._instances if i.state in (State.STARTING, State.READY)]

    def _load(self) -> int:
        return self._demand.waiting() + sum(instance.in_flight for instance in self._instances)

    def _start(self) -> None:
        if self._closing or time.monotonic() < self._not_before:
            return
        taken = {instance.number for instance in self.running}
        number = next(n for n in range(1, len(taken) + 2) if n not in taken)
        instance = Instance(self.service, self._home, number)
        self._instances.append(instance)
        self._spawn(self._live_through(instance))

    async def _live_through(self, instance: Instance) -> None:
        """An instance from its start to its end."""
        name = self.service.name
        try:
            seconds = await instance.start(_echo)
        except (TapedeckError, OSError) as error:
            self._forget(instance)
            if not self._closing:
                self._failed(error)
            return
        self._failures = 0
        self.starts += 1
        self._say(f"{name}: started pid={instance.pid} port={instance.port} in {seconds:.2f} s")
        self._demand.ready()
        status = await instance.wait()
        self._forget(instance)
        self._say(f"{name}: ended pid={instance.pid} status={status}")
        if self._demand.waiting() and not self._live():
            self._start()

    def _forget(self, instance: Instance) -> None:
        self._instances = [other for other in self._instances if other is not instance]

    def _failed(self, error: Exception) -> None:
        self._failures += 1
        backoff = min(2.0 ** (self._failures - 1), _LONGEST_BACKOFF)
        self._not_before = time.monotonic() + backoff
        self._say(f"{error}\n{self.service.name}: next try in {backoff:g} s")
        self._demand.failed(ServiceError(str(error)))

    async def _autoscale(self) -> None:
        while True:
            self._scale(time.monotonic())
            await asyncio.sleep(TICK_SECONDS)

    def _scale(self, now: float) -> None:
        self._instances = self.running
        self.scaling.sample(now, self._load())
        live = self._live()
        if len(live) < self.scaling.at_least():
            if all(instance.state is State.READY for instance in live):
                self._start()
        elif len(live) > self.scaling.at_most(now):
            idle = [i for i in live if i.state is State.READY and not i.in_flight]
            if idle:
                self._spawn(self._retire(idle[-1]))

    async def _retire(self, instance: Instance) -> None:
        instance.state = State.STOPPING
        self._say(f"{self.service.name}: idle, stopping pid={instance.pid}")
        await instance.stop()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _echo(line: bytes) -> None:
    sys.stdout.write(line.decode("utf-8", "replace"))
    sys.stdout.flush()
