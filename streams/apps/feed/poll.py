"""A provider's HTTP API, asked again and again within what it allows: quotes, candles, news."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import TypeVar

import httpx

from streams.adapters.feeds.event import Bad, Heard, Story
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

logger = logging.getLogger(__name__)

_TIMEOUT_S = 20.0
_LONG_WAIT_S = 90.0
T = TypeVar("T")
Read = Callable[[Query, bytes], T]
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

    async def ask(self, query: Query, intake: Intake, read: Read[T]) -> T | None:
        """What `read` finds in the answer, None where it is none; tries until one comes.

        Raises ServiceError when the provider refuses us or never answers.
        """
        while True:
            await self._turn()
            intake.counts.requests += 1
            try:
                body = _body(await self._get(query))
                said = read(query, body)
            except RefusedError as error:
                raise self._patience.refused(error) from None
            except FieldError as error:
                intake.reject(Bad("bad_message", str(error), body))
                return None
            except (BusyError, httpx.HTTPError, OSError) as error:
                if isinstance(error, BusyError) and error.seconds is not None:
                    self._limiter.hold(error.seconds)
                await self._patience.bear(error)
            else:
                self._patience.worked()
                return said

    async def close(self) -> None:
        await self._client.aclose()

    async def _turn(self) -> None:
        """Wait until a request is allowed; a long wait is told."""
        wait = self._limiter.wait()
        if wait > _LONG_WAIT_S:
            logger.warning(
                "provider=%s requests_used_up=true next_in=%.0fs: a longer --every spreads them",
                self._patience.name,
                wait,
            )
        while (wait := self._limiter.wait()) > 0:
            await asyncio.sleep(wait)
        self._limiter.take()

    async def _get(self, query: Query) -> httpx.Response:
        return await self._client.get(query.path, params={**query.parameters, **self._parameters})


def _body(answer: httpx.Response) -> bytes:
    """Raises RefusedError, BusyError or ConnectionError when the status says so."""
    code = answer.status_code
    if code in (401, 403):
        raise RefusedError(f"HTTP {code}, is the key right?")
    if code in (429, 503):
        raise BusyError(f"HTTP {code}", retry_after(answer.headers.get("Retry-After")))
    if code != 200:
        raise ConnectionError(f"expected HTTP 200, was {code}")
    return answer.content


async def poll(request: FeedRequest, provider: PollProvider, asker: Asker, intake: Intake) -> None:
    """Ask for every symbol, round after round, until cancelled."""

    def read(query: Query, body: bytes) -> Heard:
        return provider.read(query, body, time.time_ns() // 1_000_000)

    while True:
        began = time.monotonic()
        for query in provider.requests(request.symbols):
            heard = await asker.ask(query, intake, read)
            if heard is not None:
                intake.connected(True)
                intake.hear(heard)
        await asyncio.sleep(max(0.0, request.every_s - (time.monotonic() - began)))


async def follow_news(
    request: FeedRequest, provider: NewsProvider, asker: Asker, intake: Intake, sentiment: Sentiment
) -> None:
    """Ask for news of the symbols, from now on, until cancelled."""
    since = time.time_ns() // 1_000_000
    while True:
        fresh: list[Story] = []
        for query in provider.requests(request.symbols, since):
            found = await asker.ask(query, intake, lambda _, body: provider.read(body))
            if found is not None:
                stories, heard = found
                fresh += [story for story in stories if story.ts >= since]
                for bad in heard.bad:
                    intake.reject(bad)
        intake.hear_news(fresh, sentiment)
        await asyncio.sleep(request.news_every_s)
