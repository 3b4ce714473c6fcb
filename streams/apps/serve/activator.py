"""Holds a function's requests, starts instances for them, and stops those that idle.

The first request starts an instance; `scaling` says when more are needed and when fewer will do.
"""

import asyncio
import sys
import time
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

import aiohttp

from streams.apps.serve.instance import Instance, State
from streams.apps.serve.manifests import Service
from streams.apps.serve.replies import NO_ANSWER, TIMED_OUT, Answer
from streams.apps.serve.scaling import TICK_SECONDS, Scaling
from streams.domain.errors import ServiceError, TapedeckError

_QUEUE_FACTOR = 10
_LONGEST_BACKOFF = 30.0
_HOP = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "te", "upgrade", "content-length"}
)

Say = Callable[[str], None]


class Activator:
    """One function, from zero instances to `max_scale`."""

    def __init__(self, service: Service, home: Path, say: Say = print) -> None:
        self.service = service
        self._home = home
        self._say = say
        self._instances: list[Instance] = []
        self._waiting: deque[asyncio.Future[Instance]] = deque()
        self._scaling = Scaling(service)
        self._tasks: set[asyncio.Task[None]] = set()
        self._failures = 0
        self._not_before = 0.0
        self._closing = False
        self.starts = 0
        self.requests = 0

    @property
    def capacity(self) -> int:
        """Requests that all instances together may have under way."""
        return self._scaling.per_instance * self._scaling.most

    def run(self) -> None:
        """Begin to scale; `close` ends it."""
        self._spawn(self._autoscale())

    async def call(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Hand a request to an instance and return its answer.

        503 when too many wait or no instance starts; status 0 when an instance dropped the
        connection, -1 when `timeoutSeconds` ran out: a gateway answers 502 and 504 to those.
        """
        if len(self._waiting) >= _QUEUE_FACTOR * self._scaling.per_instance * max(
            1, len(self._running())
        ):
            return Answer(503, body=b"too many requests wait")
        self.requests += 1
        try:
            async with asyncio.timeout(self.service.timeout):
                instance = await self._acquire()
                try:
                    return await self._forward(instance, method, path, headers, body)
                finally:
                    self._release(instance)
        except TimeoutError:
            return Answer(TIMED_OUT)
        except ServiceError as error:
            return Answer(503, body=str(error).encode())

    def status(self) -> dict[str, Any]:
        """What runs, as `GET /` of the broker shows it."""
        running = self._running()
        states = {instance.state for instance in running}
        return {
            "name": self.service.name,
            "state": next((s.value for s in State if s in states), "scaled to zero"),
            "instances": [
                {"pid": i.pid, "port": i.port, "state": i.state, "in_flight": i.in_flight,
                 "requests": i.requests}
                for i in running
            ],
            "waiting": len(self._waiting),
            "requests": self.requests,
            "starts": self.starts,
        }  # fmt: skip

    async def close(self) -> None:
        """Refuse what waits, stop every instance."""
        self._closing = True
        self._refuse(ServiceError(f"{self.service.name}: is stopping"))
        await asyncio.gather(*(instance.stop() for instance in self._running()))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _running(self) -> list[Instance]:
        return [instance for instance in self._instances if instance.state is not State.GONE]

    async def _forward(
        self, instance: Instance, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        kept = {name: value for name, value in headers.items() if name.lower() not in _HOP}
        try:
            async with instance.session.request(
                method, instance.url + path, headers=kept, data=body, allow_redirects=False
            ) as answer:
                content = await answer.read()
                reply = {n: v for n, v in answer.headers.items() if n.lower() not in _HOP}
                return Answer(answer.status, reply, content)
        except aiohttp.ClientError:
            return Answer(NO_ANSWER)
        except RuntimeError:
            # It ended after it was chosen, before it was called: its session is closed by then.
            if not instance.session.closed:
                raise
            return Answer(NO_ANSWER)

    async def _acquire(self) -> Instance:
        """A ready instance with room, in order of arrival; starts the first one."""
        future: asyncio.Future[Instance] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        self._scaling.note(self._load())
        self._pump()
        if not future.done() and not self._live():
            self._start()
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled() and future.exception() is None:
                self._release(future.result())
            raise

    def _release(self, instance: Instance) -> None:
        instance.in_flight -= 1
        self._pump()

    def _pump(self) -> None:
        """Give waiting requests to instances with room, the least busy first."""
        while self._waiting:
            ready = [i for i in self._instances if i.state is State.READY]
            instance = min(ready, key=lambda i: i.in_flight, default=None)
            if instance is None or instance.in_flight >= self._scaling.per_instance:
                return
            future = self._waiting.popleft()
            if not future.done():
                instance.in_flight += 1
                instance.requests += 1
                future.set_result(instance)

    def _live(self) -> list[Instance]:
        return [i for i in self._instances if i.state in (State.STARTING, State.READY)]

    def _start(self) -> None:
        if self._closing or time.monotonic() < self._not_before:
            return
        taken = {instance.number for instance in self._running()}
        number = next(n for n in range(1, self._scaling.most + len(taken) + 1) if n not in taken)
        instance = Instance(self.service, self._home, number)
        self._instances.append(instance)
        self._spawn(self._live_through(instance))

    async def _live_through(self, instance: Instance) -> None:
        """An instance from its start to its end."""
        name = self.service.name
        try:
            seconds = await instance.start(_echo)
        except (TapedeckError, OSError) as error:
            instance.state = State.GONE
            self._instances = [other for other in self._instances if other is not instance]
            if self._closing:
                return
            self._failures += 1
            backoff = min(2.0 ** (self._failures - 1), _LONGEST_BACKOFF)
            self._not_before = time.monotonic() + backoff
            self._say(f"{error}\n{name}: next try in {backoff:g} s")
            self._refuse(ServiceError(str(error)))
            return
        self._failures = 0
        self.starts += 1
        self._say(f"{name}: started pid={instance.pid} port={instance.port} in {seconds:.2f} s")
        self._pump()
        status = await instance.wait()
        self._instances.remove(instance)
        self._say(f"{name}: ended pid={instance.pid} status={status}")
        if self._waiting and not self._live():
            self._start()

    def _refuse(self, error: ServiceError) -> None:
        while self._waiting:
            future = self._waiting.popleft()
            if not future.done():
                future.set_exception(error)

    async def _autoscale(self) -> None:
        while True:
            self._scale(time.monotonic())
            await asyncio.sleep(TICK_SECONDS)

    def _scale(self, now: float) -> None:
        self._instances = self._running()
        self._scaling.sample(now, self._load())
        live = self._live()
        if len(live) < self._scaling.at_least():
            if all(instance.state is State.READY for instance in live):
                self._start()
        elif len(live) > self._scaling.at_most(now):
            idle = [i for i in live if i.state is State.READY and not i.in_flight]
            if idle:
                self._spawn(self._retire(idle[-1]))

    def _load(self) -> int:
        return len(self._waiting) + sum(instance.in_flight for instance in self._instances)

    async def _retire(self, instance: Instance) -> None:
        instance.state = State.STOPPING
        self._say(f"{self.service.name}: idle, stopping pid={instance.pid}")
        await instance.stop()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _echo(line: bytes) -> None:
    sys.stdout.write(line.decode("utf-8", "replace"))
    sys.stdout.flush()
