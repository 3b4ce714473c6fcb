"""The HTTP sides of the local runtime: the broker's ingress and a port per function."""

import json
from collections.abc import Awaitable, Callable

from aiohttp import web

from streams.adapters.cloud_event import EventError, read_event
from streams.apps.serve.activator import Activator
from streams.apps.serve.broker import Broker
from streams.apps.serve.replies import NO_ANSWER, TIMED_OUT
from streams.domain.errors import ServiceError

_MAX_BODY = 1 << 20
_GATEWAY = {NO_ANSWER: (502, "the instance gave no answer"), TIMED_OUT: (504, "no answer in time")}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def broker_app(broker: Broker) -> web.Application:
    """`POST /` takes one CloudEvent; `GET /` shows everything; `GET /healthz`."""

    async def post(request: web.Request) -> web.Response:
        if broker.full:
            return problem(503, "too many events are pending", {"retry-after": "1"})
        body = await request.read()
        try:
            await broker.accept(read_event(request.headers.items(), body))
        except EventError as error:
            return problem(error.status, str(error))
        except ServiceError as error:
            return problem(503, str(error), {"retry-after": "1"})
        return web.Response(status=202)

    async def show(request: web.Request) -> web.Response:
        return web.json_response(broker.status())

    app = web.Application(client_max_size=_MAX_BODY)
    app.router.add_post("/", post)
    app.router.add_get("/", show)
    app.router.add_get("/healthz", _healthy)
    return app


def service_app(activator: Activator) -> web.Application:
    """Everything goes to the function, started when it must be."""

    async def forward(request: web.Request) -> web.Response:
        headers = {name: value for name, value in request.headers.items()}
        headers |= {"x-forwarded-for": request.remote or "", "x-forwarded-proto": request.scheme}
        answer = await activator.call(
            request.method, request.path_qs, headers, await request.read()
        )
        if answer.status in _GATEWAY:
            return problem(*_GATEWAY[answer.status])
        return web.Response(status=answer.status, headers=answer.headers, body=answer.body)

    app = web.Application(client_max_size=16 * _MAX_BODY)
    app.router.add_route("*", "/{path:.*}", forward)
    return app


def problem(status: int, detail: str, headers: dict[str, str] | None = None) -> web.Response:
    """An error as RFC 9457 problem details."""
    body = {"type": "about:blank", "status": status, "detail": detail}
    return web.Response(
        status=status,
        text=json.dumps(body),
        content_type="application/problem+json",
        headers=headers,
    )


async def _healthy(request: web.Request) -> web.Response:
    return web.Response(text="ok")
