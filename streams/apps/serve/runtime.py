"""The local stand-in for Knative, put together: one process, until SIGTERM or SIGINT."""

import asyncio
import fcntl
import os
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from streams.adapters.local_functions import LocalFunctions, forget_functions, note_functions
from streams.adapters.settings import Settings
from streams.apps.serve.activator import Activator
from streams.apps.serve.broker import Broker
from streams.apps.serve.client import http_session
from streams.apps.serve.dispatcher import BROKEN_LANE
from streams.apps.serve.http import broker_app, http_runner, service_app
from streams.apps.serve.manifests import Manifests
from streams.apps.serve.orphans import reap
from streams.apps.serve.ping_source import PingSource
from streams.apps.serve.pings import ping
from streams.apps.serve.ports import function_ports
from streams.domain.errors import ConfigError, ServiceError

Say = Callable[[str], None]
HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Runtime:
    """A running broker and the URLs to reach it and its functions."""

    broker: Broker
    url: str
    functions: Mapping[str, str]


def serve(settings: Settings, manifests: Manifests, say: Say = print) -> None:
    """Run until SIGTERM or SIGINT.

    Raises ServiceError when a port is taken or another runtime uses the same home, and whatever
    breaks the delivery: the events are on disk, a new start goes on with them.
    """
    asyncio.run(_until_signal(settings, manifests, say))


async def _until_signal(settings: Settings, manifests: Manifests, say: Say) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    broken: list[BaseException] = []

    def on_error(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        loop.default_exception_handler(context)
        if context["message"] == BROKEN_LANE:
            broken.append(context["exception"])
            stop.set()

    loop.set_exception_handler(on_error)
    async with running(settings, manifests, say) as runtime:
        say(f"broker: {runtime.url}/")
        for name, url in runtime.functions.items():
            say(f"{name}: {url}/ (starts on demand)")
        await stop.wait()
        say("serve: stopping")
    if broken:
        raise broken[0]


@asynccontextmanager
async def running(
    settings: Settings, manifests: Manifests, say: Say = print
) -> AsyncIterator[Runtime]:
    """The runtime within a block of code; everything it started is gone afterwards."""
    home = settings.home.absolute()
    ports = function_ports(settings.function_ports)
    if unknown := manifests.services.keys() - ports.keys():
        raise ConfigError(f"TAPEDECK_FUNCTION_PORTS: expected a port for {', '.join(unknown)}")
    async with AsyncExitStack() as stack:
        stack.enter_context(_Alone(home))
        reap(home, ports, say)
        session = await stack.enter_async_context(http_session())
        activators = {
            name: Activator(service, home, say) for name, service in manifests.services.items()
        }
        store = home / "broker" / "events.sqlite"
        broker = Broker(manifests.triggers, activators, store, session, say)
        stack.push_async_callback(_close, activators)
        stack.push_async_callback(broker.close)
        if left := await broker.resume():  # before new events can come, or they would come twice
            say(f"broker: {left} undelivered events from before")
        app, setting = broker_app(broker), "TAPEDECK_BROKER_PORT"
        host = settings.host
        url = await _listen(stack, app, (host, settings.broker_port), setting, decompress=True)
        functions = {}
        for name, activator in activators.items():
            app, setting = service_app(activator), f"TAPEDECK_FUNCTION_PORTS={name}"
            activator.url = functions[name] = await _listen(
                stack, app, (host, ports[name]), setting
            )
        note_functions(home, LocalFunctions(os.getpid(), url, functions))
        stack.callback(forget_functions, home)
        for activator in activators.values():
            activator.run()
        for source in manifests.pings:
            stack.push_async_callback(_cancel, _pinging(source, broker, say))
        yield Runtime(broker, url, functions)


async def _close(activators: Mapping[str, Activator]) -> None:
    """All at once: who stops this process does not wait for one after the other."""
    await asyncio.gather(*(activator.close() for activator in activators.values()))


def _pinging(source: PingSource, broker: Broker, say: Say) -> asyncio.Task[None]:
    """Sends a source's events; what breaks it ends the process, as a broken lane does."""
    say(f"{source.name}: an event at {source.schedule} ({source.zone})")

    def ended(task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            task.get_loop().call_exception_handler({"message": BROKEN_LANE, "exception": error})

    task = asyncio.create_task(ping(source, broker.accept, say))
    task.add_done_callback(ended)
    return task


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _listen(
    stack: AsyncExitStack,
    app: web.Application,
    address: tuple[str, int],
    setting: str,
    *,
    decompress: bool = False,
) -> str:
    """`decompress` bodies: not for a function, whose headers still say that they are compressed."""
    runner = http_runner(app, decompress=decompress)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    try:
        await web.TCPSite(runner, *address).start()
    except OSError as error:
        raise ServiceError(
            f"port {address[1]}: expected to be free, {error.strerror or error}; "
            f"choose another with {setting}"
        ) from error
    return f"http://{HOST}:{runner.addresses[0][1]}"


class _Alone:
    """One runtime per home: the lock ends with the process, the pid file tells who it is."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def __enter__(self) -> None:
        for folder in ("broker", "run"):
            (self._home / folder).mkdir(parents=True, exist_ok=True)
        self._lock = (self._home / "broker" / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._lock.close()
            raise ServiceError(
                f"serve: expected to be alone in {self._home}, another one is running there"
            ) from error
        (self._home / "run" / "serve.pid").write_text(f"{os.getpid()}\n")

    def __exit__(self, *_: object) -> None:
        (self._home / "run" / "serve.pid").unlink(missing_ok=True)
        self._lock.close()
