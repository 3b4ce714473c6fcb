"""A function's fixed port passes requests and responses on as they are."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path

import aiohttp
from aiohttp import web

from streams.apps.serve.activator import Activator
from streams.apps.serve.client import http_session
from streams.apps.serve.http import http_runner, service_app
from streams.apps.serve.instance import Instance, State
from streams.apps.serve.manifests import Service
from streams.apps.serve.proxy import MAX_BODY

LARGE = b"0123456789abcdef" * (1 << 16)  # 1 MiB
BINARY = b"\x00\xff"
Seen = list[tuple[web.BaseRequest, bytes]]


async def _function(request: web.BaseRequest) -> web.StreamResponse:
    """A function of many answers, by path."""
    match request.path:
        case "/zipped":
            headers = {"content-encoding": "gzip", "etag": '"1"', "vary": "accept"}
            return web.Response(body=gzip.compress(b"zipped"), headers=headers)
        case "/unchanged":
            return web.Response(status=304, headers={"etag": '"1"', "cache-control": "max-age=5"})
        case "/cookies":
            answer = web.Response(text="x", headers={"connection": "close, X-Hop", "x-hop": "1"})
            answer.headers.add("set-cookie", "a=1")
            answer.headers.add("set-cookie", "b=2")
            return answer
        case "/slow":
            await asyncio.sleep(30)
        case "/cut":
            cut = web.StreamResponse(headers={"content-length": "1000"})
            await cut.prepare(request)
            await cut.write(b"half")
            if request.transport is not None:
                request.transport.abort()
            return cut
        case "/streamed":
            stream = web.StreamResponse()
            await stream.prepare(request)
            for start in range(0, len(LARGE), 100_000):
                await stream.write(LARGE[start : start + 100_000])
            return stream
    return web.Response(status=202, headers={"location": "/elsewhere?a=1"})


@asynccontextmanager
async def proxied(
    folder: Path, seen: Seen, timeout: float = 20.0
) -> AsyncIterator[tuple[str, Activator]]:
    """The URL of an activator's fixed port, in front of one instance that is ready."""

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        seen.append((request, await request.read()))
        return await _function(request)

    service = Service("f", ("app",), concurrency=2, timeout=timeout, max_scale=1)
    activator, instance = Activator(service, folder), None
    async with _listening(web.Server(handle, auto_decompress=False)) as port:
        instance = Instance(service, folder, 1)
        instance.port, instance.state = port, State.READY
        activator.pool._instances.append(instance)
        runner = http_runner(service_app(activator), decompress=False)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}", activator
        finally:
            await runner.cleanup()
            await activator.close()


@asynccontextmanager
async def _listening(server: web.Server) -> AsyncIterator[int]:
    runner = web.ServerRunner(server, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


Check = Callable[[aiohttp.ClientSession, str], Awaitable[None]]


def run(folder: Path, check: Check, timeout: float = 20.0) -> Seen:
    seen: Seen = []

    async def scenario() -> None:
        async with (
            proxied(folder, seen, timeout) as (url, activator),
            http_session() as session,
            asyncio.timeout(30),
        ):
            await check(session, url)
            (instance,) = activator.pool.running
            assert instance.in_flight == 0

    asyncio.run(scenario())
    return seen


def test_a_request_passes_with_who_sent_it_and_nothing_made_up(tmp_path: Path) -> None:
    async def check(session: aiohttp.ClientSession, url: str) -> None:
        headers = {"X-Forwarded-For": "10.1.2.3", "Connection": "keep-alive, X-Mine", "X-Mine": "1",
                   "Host": "tape.example", "TE": "trailers", "X-Other": "2"}  # fmt: skip
        async with session.post(
            f"{url}/a%2Fb?q=%20x&q=y", data=b"\x00\xff", headers=headers
        ) as answer:
            assert answer.status == 202
            assert answer.headers["location"] == "/elsewhere?a=1"

    ((request, body),) = run(tmp_path, check)
    assert body == BINARY
    assert request.raw_path == "/a%2Fb?q=%20x&q=y"
    assert request.headers["host"] == "tape.example"
    assert request.headers["x-forwarded-for"] == "10.1.2.3, 127.0.0.1"
    assert request.headers["x-forwarded-proto"] == "http"
    assert request.headers["x-forwarded-host"] == "tape.example"
    assert request.headers["forwarded"] == 'for="127.0.0.1";host="tape.example";proto=http'
    assert request.headers["x-other"] == "2"
    for name in ("x-mine", "te", "accept", "accept-encoding", "user-agent", "content-type"):
        assert name not in request.headers


def test_a_compressed_body_stays_compressed_both_ways(tmp_path: Path) -> None:
    async def check(session: aiohttp.ClientSession, url: str) -> None:
        headers = {"content-encoding": "gzip"}
        async with session.post(f"{url}/zipped", data=gzip.compress(b"in"), headers=headers) as it:
            assert it.headers["content-encoding"] == "gzip"
            assert (it.headers["etag"], it.headers["vary"]) == ('"1"', "accept")
            assert gzip.decompress(await it.read()) == b"zipped"

    ((request, body),) = run(tmp_path, check)
    assert request.headers["content-encoding"] == "gzip"
    assert gzip.decompress(body) == b"in"


def test_head_and_not_modified_have_headers_and_no_body(tmp_path: Path) -> None:
    async def check(session: aiohttp.ClientSession, url: str) -> None:
        async with session.head(f"{url}/zipped") as head:
            assert (head.status, await head.read()) == (200, b"")
            assert int(head.headers["content-length"]) > 0
        async with session.get(f"{url}/unchanged") as same:
            assert (same.status, await same.read()) == (304, b"")
            assert (same.headers["etag"], same.headers["cache-control"]) == ('"1"', "max-age=5")

    assert [request.method for request, _ in run(tmp_path, check)] == ["HEAD", "GET"]


def test_repeated_headers_pass_and_those_of_the_connection_do_not(tmp_path: Path) -> None:
    async def check(session: aiohttp.ClientSession, url: str) -> None:
        async with session.get(f"{url}/cookies") as answer:
            assert answer.headers.getall("set-cookie") == ["a=1", "b=2"]
            assert "x-hop" not in answer.headers
        async with session.get(f"{url}/cookies") as answer:
            assert answer.status == 200

    assert all("cookie" not in request.headers for request, _ in run(tmp_path, check))


def test_a_large_response_flows_through_whole(tmp_path: Path) -> None:
    async def check(session: aiohttp.ClientSession, url: str) -> None:
        async with session.get(f"{url}/streamed") as answer:
            assert await answer.read() == LARGE

    run(tmp_path, check)


def test_a_response_cut_off_is_cut_off_for_the_caller_too(tmp_path: Path) -> None:
    async def check(session: aiohttp.ClientSession, url: str) -> None:
        try:
            async with session.get(f"{url}/cut") as answer:
                await answer.read()
        except aiohttp.ClientError:
            return
        raise AssertionError("expected a broken response, was a whole one")

    run(tmp_path, check)


def test_a_function_that_takes_too_long_is_504_and_frees_its_slot(tmp_path: Path) -> None:
    async def check(session: aiohttp.ClientSession, url: str) -> None:
        async with session.get(f"{url}/slow") as answer:
            assert answer.status == 504
            assert answer.content_type == "application/problem+json"
            assert (await answer.json(content_type=None))["status"] == 504

    run(tmp_path, check, timeout=0.3)


def test_a_body_that_does_not_end_is_408_and_never_reaches_an_instance(tmp_path: Path) -> None:
    async def check(session: aiohttp.ClientSession, url: str) -> None:
        host, port = url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhalf")
        assert b" 408 " in await reader.readline()
        writer.close()

    assert run(tmp_path, check, timeout=0.3) == []


def test_a_body_beyond_the_limit_is_413(tmp_path: Path) -> None:
    async def check(session: aiohttp.ClientSession, url: str) -> None:
        async with session.post(f"{url}/", data=BytesIO(b"x" * (MAX_BODY + 1))) as answer:
            assert answer.status == 413

    assert run(tmp_path, check) == []
