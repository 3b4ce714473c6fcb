"""Holds a function's requests until an instance has room for them, as Serving's activator does.

The first request starts an instance; ten for each slot may wait, what comes then is turned away.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from streams.apps.serve.instance import Instance, State
from streams.apps.serve.manifests import Service
from streams.apps.serve.pool import Demand, Pool
from streams.apps.serve.replies import NO_ANSWER, TIMED_OUT, Answer
from streams.domain.errors import ServiceError

_QUEUE_FACTOR = 10

Say = Callable[[str], None]


class Activator:
    """One function, reachable; make it in the event loop."""

    def __init__(self, service: Service, home: Path, say: Say = print) -> None:
        self.service = service
        self.url: str | None = None
        """Where the function's fixed port is, once it listens."""
        self.requests = 0
        self.pool = Pool(service, home, Demand(self._waits, self._pump, self._refuse), say)
        self._waiting: deque[asyncio.Future[Instance]] = deque()

    @property
    def capacity(self) -> int:
        """Requests that all instances together may have under way."""
        return self.pool.scaling.per_instance * self.pool.scaling.most

    def run(self) -> None:
        """Begin to scale; `close` ends it."""
        self.pool.run()

    @asynccontextmanager
    async def instance(self) -> AsyncIterator[Instance]:
        """A ready instance with room for one more request, which the block is.

        Raises ServiceError when too many wait already, or none can be started.
        """
        if len(self._waiting) >= self._most_waiting():
            raise ServiceError(f"{self.service.name}: too many requests wait")
        self.requests += 1
        instance = await self._acquire()
        try:
            yield instance
        finally:
            instance.in_flight -= 1
            self._pump()

    async def call(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Hand a request to an instance and return its answer.

        503 when too many wait or no instance starts; status 0 when an instance dropped the
        connection, -1 when `timeoutSeconds` ran out: a gateway answers 502 and 504 to those.
        """
        try:
            async with asyncio.timeout(self.service.timeout), self.instance() as instance:
                return await _call(instance, method, path, headers, body)
        except TimeoutError:
            return Answer(TIMED_OUT)
        except ServiceError as error:
            return Answer(503, body=str(error).encode())

    def status(self) -> dict[str, Any]:
        """What runs, as `GET /` of the broker shows it."""
        running = self.pool.running
        states = {instance.state for instance in running}
        return {
            "name": self.service.name,
            "url": self.url,
            "state": next((s.value for s in State if s in states), "scaled to zero"),
            "instances": [
                {"pid": i.pid, "port": i.port, "state": i.state, "in_flight": i.in_flight,
                 "requests": i.requests}
                for i in running
            ],
            "waiting": len(self._waiting),
            "requests": self.requests,
            "starts": self.pool.starts,
        }  # fmt: skip

    async def close(self) -> None:
        """Refuse what waits, stop every instance."""
        self._refuse(ServiceError(f"{self.service.name}: is stopping"))
        await self.pool.close()

    def _most_waiting(self) -> int:
        instances = max(1, len(self.pool.running))
        return _QUEUE_FACTOR * self.pool.scaling.per_instance * instances

    def _waits(self) -> int:
        return len(self._waiting)

    async def _acquire(self) -> Instance:
        """In order of arrival; an instance whose caller is gone by now is given back."""
        future: asyncio.Future[Instance] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        self._pump()
        self.pool.wanted()
        try:
            return await future
        except asyncio.CancelledError:
            if future in self._waiting:
                self._waiting.remove(future)
            elif not future.cancelled() and future.exception() is None:
                future.result().in_flight -= 1
                self._pump()
            raise

    def _pump(self) -> None:
        """Give waiting requests to instances with room."""
        while self._waiting:
            if self._waiting[0].done():  # its caller is going
                self._waiting.popleft()
            elif (instance := self.pool.take()) is not None:
                self._waiting.popleft().set_result(instance)
            else:
                return

    def _refuse(self, error: ServiceError) -> None:
        while self._waiting:
            future = self._waiting.popleft()
            if not future.done():
                future.set_exception(error)


async def _call(
    instance: Instance, method: str, path: str, headers: Mapping[str, str], body: bytes
) -> Answer:
    try:
        async with instance.session.request(
            method, instance.url + path, headers=dict(headers), data=body, allow_redirects=False
        ) as answer:
            return Answer(answer.status, dict(answer.headers), await answer.read())
    except aiohttp.ClientError:
        return Answer(NO_ANSWER)
    except RuntimeError:
        # It ended after it was chosen, before it was called: its session is closed by then.
        if not instance.session.closed:
            raise
        return Answer(NO_ANSWER)
