"""A request to a function's fixed port, handed to an instance and answered with its response.

The request is read whole before an instance is asked for, so that a slow sender holds none up;
the response flows through as it comes. Headers pass as they are, but for those of the connection.
"""

import asyncio
from collections.abc import Mapping
from io import BytesIO

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from streams.apps.serve.activator import Activator
from streams.apps.serve.instance import Instance
from streams.apps.serve.problems import problem
from streams.domain.errors import ServiceError

MAX_BODY = 32 << 20
"""Bytes of a request; each function has a lower limit of its own."""
# RFC 9110 section 7.6.1, and what is said anew on the next connection.
_CONNECTION = frozenset({
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection",
    "te", "trailer", "transfer-encoding", "upgrade",
})  # fmt: skip
_BODY = frozenset({"content-length", "expect"})


async def forward(activator: Activator, request: web.Request) -> web.StreamResponse:
    """503 when no instance takes it, 502 without an answer, 504 and 408 when time runs out."""
    seconds = activator.service.timeout
    try:
        async with asyncio.timeout(seconds):
            body = await request.read()
    except TimeoutError:
        return problem(408, f"expected the whole request within {seconds:g} s")
    except web.HTTPRequestEntityTooLarge:
        return problem(413, f"expected a body of at most {MAX_BODY} bytes")
    relay = _Relay(request, body)
    try:
        async with asyncio.timeout(seconds), activator.instance() as instance:
            return await relay.through(instance)
    except TimeoutError:
        return relay.broken() or problem(504, f"no answer within {seconds:g} s")
    except aiohttp.ClientError:
        return relay.broken() or problem(502, "the instance gave no answer")
    except ServiceError as error:
        return problem(503, str(error), {"retry-after": "1"})


class _Relay:
    """One request on its way, and the response once it has begun."""

    def __init__(self, request: web.Request, body: bytes) -> None:
        self._request = request
        self._body = body
        self._response: web.StreamResponse | None = None

    async def through(self, instance: Instance) -> web.StreamResponse:
        """Raises ClientError when the instance does not answer, or not to the end."""
        if instance.session.closed:  # it ended after it was chosen
            raise aiohttp.ClientConnectionError
        url = URL(instance.url + self._request.rel_url.raw_path_qs, encoded=True)
        async with instance.session.request(
            self._request.method,
            url,
            headers=_request_headers(self._request),
            data=BytesIO(self._body) if self._body else None,
            allow_redirects=False,
        ) as answer:
            headers = end_to_end(answer.headers)
            response = web.StreamResponse(
                status=answer.status, reason=answer.reason, headers=headers
            )
            self._response = response
            await response.prepare(self._request)
            async for part in answer.content.iter_any():
                await response.write(part)
            await response.write_eof()
            return response

    def broken(self) -> web.StreamResponse | None:
        """A response that ended too early: its connection is cut, so that the caller notices."""
        if self._response is not None and self._request.transport is not None:
            self._request.transport.abort()
        return self._response


def end_to_end(headers: Mapping[str, str]) -> CIMultiDict[str]:
    """The headers that are not about one connection."""
    kept = CIMultiDict(headers)
    named = (
        name.strip().lower() for line in kept.getall("connection", []) for name in line.split(",")
    )
    for name in _CONNECTION.union(named):
        kept.popall(name, None)
    return kept


def _request_headers(request: web.Request) -> CIMultiDict[str]:
    """Those of the caller and, as Knative's runtime contract asks for, who that is."""
    headers = end_to_end(request.headers)
    for name in _BODY:
        headers.popall(name, None)
    peer = request.remote or "unknown"
    before = ", ".join(headers.popall("x-forwarded-for", []))
    headers["x-forwarded-for"] = f"{before}, {peer}" if before else peer
    headers.setdefault("x-forwarded-proto", request.scheme)
    headers.setdefault("x-forwarded-host", request.host)
    hop = f'for="{peer}";host="{request.host}";proto={request.scheme}'
    before = ", ".join(headers.popall("forwarded", []))
    headers["forwarded"] = f"{before}, {hop}" if before else hop
    return headers
