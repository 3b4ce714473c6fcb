"""A provider's HTTP API, asked again and again within what it allows: quotes, candles, news."""

import asyncio
import logging
import time
from collections.abc import Callable

import httpx

from streams.adapters.feeds.event import Bad, Story
from streams.adapters.feeds.fields import FieldError
from streams.adapters.feeds.limiter import Limiter
from streams.adapters.feeds.provider import (
    Access,
    BusyError,
    NewsProvider,
    PollProvider,
    Query,
    RefusedError,
)
from streams.apps.feed.intake import Intake, Sentiment
from streams.apps.feed.patience import Patience, retry_after
from streams.apps.feed.request import FeedRequest
from streams.domain.errors import ServiceError

logger = logging.getLogger(__name__)

_TIMEOUT_S = 20.0
_LONG_WAIT_S = 90.0
Authorised = Callable[[str], tuple[dict[str, str], dict[str, str]]]


class Asker:
    """Makes the requests of one provider, one at a time, with its key."""

    def __init__(
        self, access: Access, authorised: Authorised, limiter: Limiter, patience: Patience
    ) -> None:
        headers, self._parameters = authorised(access.key or "")
        self._limiter, self._patience = limiter, patience
        self._client = httpx.AsyncClient(
            base_url=access.url, headers=headers, timeout=_TIMEOUT_S, follow_redirects=True
        )

    async def ask(self, name: str, query: Query, intake: Intake) -> bytes:
        """The body of an answer; tries until there is one.

        Raises ServiceError when the provider refuses us or never answers.
        """
        while True:
            await self._turn(name)
            intake.counts.requests += 1
            try:
                return self._body(name, await self._get(query))
            except (BusyError, httpx.HTTPError, OSError) as error:
                intake.connected(False)
                if isinstance(error, BusyError) and error.seconds is not None:
                    self._limiter.hold(error.seconds)
                await self._patience.bear(error)

    async def close(self) -> None:
        await self._client.aclose()

    def worked(self) -> None:
        """The answer was one."""
        self._patience.worked()

    async def bear(self, error: Exception) -> None:
        """The answer was none."""
        await self._patience.bear(error)

    async def _turn(self, name: str) -> None:
        """Wait until a request is allowed; a long wait is told."""
        wait = self._limiter.wait()
        if wait > _LONG_WAIT_S:
            logger.warning(
                "provider=%s requests_used_up=true next_in=%.0fs: a longer --every spreads them",
                name,
                wait,
            )
        while (wait := self._limiter.wait()) > 0:
            await asyncio.sleep(wait)
        self._limiter.take()

    async def _get(self, query: Query) -> httpx.Response:
        return await self._client.get(query.path, params={**query.parameters, **self._parameters})

    def _body(self, name: str, answer: httpx.Response) -> bytes:
        code = answer.status_code
        if code in (401, 403):
            raise ServiceError(f"{name}: refused us: HTTP {code}, is the key right?")
        if code in (429, 503):
            raise BusyError(f"HTTP {code}", retry_after(answer.headers.get("Retry-After")))
        if code != 200:
            raise ConnectionError(f"expected HTTP 200, was {code}")
        return answer.content


async def poll(request: FeedRequest, provider: PollProvider, asker: Asker, intake: Intake) -> None:
    """Ask for every symbol, round after round, until cancelled."""
    name = request.provider
    while True:
        began = time.monotonic()
        for query in provider.requests(request.symbols):
            body = await asker.ask(name, query, intake)
            try:
                heard = provider.read(query, body, time.time_ns() // 1_000_000)
            except RefusedError as error:
                raise ServiceError(f"{name}: refused us: {error}") from None
            except BusyError as error:
                await asker.bear(error)
                continue
            except FieldError as error:
                intake.reject(Bad("bad_message", str(error), body))
                continue
            intake.connected(True)
            intake.hear(heard)
            asker.worked()
        await asyncio.sleep(max(0.0, request.every_s - (time.monotonic() - began)))


async def follow_news(
    request: FeedRequest, provider: NewsProvider, asker: Asker, intake: Intake, read: Sentiment
) -> None:
    """Ask for news of the symbols, from now on, until cancelled."""
    name, since = f"{request.provider} news", time.time_ns() // 1_000_000
    while True:
        stories: list[Story] = []
        for query in provider.requests(request.symbols, since):
            body = await asker.ask(name, query, intake)
            try:
                found, heard = provider.read(body)
            except RefusedError as error:
                raise ServiceError(f"{name}: refused us: {error}") from None
            except BusyError as error:
                await asker.bear(error)
                continue
            except FieldError as error:
                intake.reject(Bad("bad_message", str(error), body))
                continue
            for bad in heard.bad:
                intake.reject(bad)
            stories += found
            asker.worked()
        fresh = [story for story in stories if story.ts >= since]
        intake.hear_news(fresh, read)
        await asyncio.sleep(request.news_every_s)
