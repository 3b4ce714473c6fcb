"""A real HTTP subscriber with scripted answers, and a broker that delivers to it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from streams.adapters.cloud_event import CloudEvent
from streams.apps.serve.broker import Broker
from streams.apps.serve.client import http_session
from streams.apps.serve.manifests import Delivery, Destination, Trigger

DEADLINE = 20.0


@dataclass(frozen=True)
class Answer:
    """One scripted answer; `hang` seconds late, or with the connection dropped."""

    status: int = 202
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    hang: float = 0.0
    drop: bool = False


class Subscriber:
    """Gives the answers in turn, the last one for ever; remembers what it got."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers) or [Answer()]
        self.got: list[CloudEvent] = []
        self.url = ""

    async def receive(self, request: web.Request) -> web.Response:
        names = ((n[3:].lower(), v) for n, v in request.headers.items() if n[:3].lower() == "ce-")
        self.got.append(CloudEvent(dict(names), await request.read()))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        await asyncio.sleep(answer.hang)
        if answer.drop and request.transport:
            request.transport.close()
        return web.Response(status=answer.status, text=answer.body or None, headers=answer.headers)

    @property
    def ids(self) -> list[str]:
        return [event.attributes["id"] for event in self.got]


@asynccontextmanager
async def listening(*subscribers: Subscriber) -> AsyncIterator[None]:
    runners = []
    for subscriber in subscribers:
        app = web.Application()
        app.router.add_post("/", subscriber.receive)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        subscriber.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        runners.append(runner)
    try:
        yield
    finally:
        for runner in runners:
            await runner.cleanup()


@asynccontextmanager
async def brokering(
    folder: Path, triggers: Sequence[Trigger], said: list[str] | None = None
) -> AsyncIterator[Broker]:
    say = (said if said is not None else []).append
    async with http_session() as session:
        broker = Broker(triggers, {}, folder / "events.sqlite", session, say)
        await broker.resume()
        try:
            yield broker
        finally:
            await broker.close()


def to(subscriber: Subscriber, delivery: Delivery | None = None, **more: bool) -> Trigger:
    """A Trigger that sends everything there."""
    return Trigger(
        "t", lambda event: True, Destination(uri=subscriber.url), delivery or Delivery(), **more
    )


def event(event_id: str = "1", **extensions: str) -> CloudEvent:
    required = {"specversion": "1.0", "id": event_id, "source": "/s", "type": "x"}
    return CloudEvent({**required, **extensions}, b'{"a":1}')


async def until(true: Callable[[], bool]) -> None:
    """Poll, with a deadline."""
    async with asyncio.timeout(DEADLINE):
        while not true():
            await asyncio.sleep(0.005)
