"""The HTTP sides of the local runtime: the broker's ingress and a port per function."""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

from streams.adapters.cloud_event import EventError, read_event
from streams.apps.serve.activator import Activator
from streams.apps.serve.broker import Broker
from streams.apps.serve.page import show
from streams.apps.serve.problems import problem
from streams.apps.serve.proxy import MAX_BODY, forward
from streams.domain.errors import ServiceError

_MAX_EVENT = 1 << 20
_EVENT_SECONDS = 30.0
_SOON = {"retry-after": "1"}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def broker_app(broker: Broker) -> web.Application:
    """`POST /` takes one CloudEvent; `GET /` shows everything; `GET /healthz`."""

    async def post(request: web.Request) -> web.StreamResponse:
        if broker.full:
            return problem(503, "too many events are pending", _SOON)
        try:
            async with asyncio.timeout(_EVENT_SECONDS):
                body = await request.read()
        except TimeoutError:
            return problem(408, f"expected the whole event within {_EVENT_SECONDS:g} s")
        except web.HTTPRequestEntityTooLarge:
            return problem(413, f"expected an event of at most {_MAX_EVENT} bytes")
        return await _accept(broker, request, body)

    async def get(request: web.Request) -> web.StreamResponse:
        return show(broker.status(), request.headers.get("accept", ""))

    app = web.Application(client_max_size=_MAX_EVENT)
    app.router.add_post("/", post)
    app.router.add_get("/", get)
    app.router.add_get("/healthz", _healthy)
    return app


async def _accept(broker: Broker, request: web.Request, body: bytes) -> web.Response:
    try:
        await broker.accept(read_event(request.headers.items(), body))
    except EventError as error:
        return problem(error.status, str(error))
    except ServiceError as error:
        return problem(503, str(error), _SOON)
    return web.Response(status=202)


def service_app(activator: Activator) -> web.Application:
    """Everything goes to the function, started when it must be."""

    async def handle(request: web.Request) -> web.StreamResponse:
        return await forward(activator, request)

    app = web.Application(client_max_size=MAX_BODY)
    app.router.add_route("*", "/{path:.*}", handle)
    return app


def http_runner(app: web.Application, *, decompress: bool) -> web.AppRunner:
    """Serves an application; it waits for nobody who is slow to send or to go away.

    A compressed body is for a function itself to read: its headers still say so.
    """
    return web.AppRunner(
        app,
        access_log=None,
        shutdown_timeout=0.5,
        lingering_time=0.5,
        auto_decompress=decompress,
    )


async def _healthy(request: web.Request) -> web.Response:
    return web.Response(text="ok")
