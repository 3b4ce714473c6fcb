"""Two hundred clients of the public WebSocket at once."""

import asyncio
import json
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from panel_app.public.client import Limits
from tests.unit.panel_app.public_feed import LIVE, PublicFeed, bar, public_feed

CLIENTS = 200


async def _client(feed: PublicFeed, number: int, subscribed: asyncio.Barrier) -> dict[str, Any]:
    async with connect(feed.url, proxy=None, open_timeout=60) as client:
        everything = number % 20 == 0
        symbols = "*" if everything else [f"S{number % 10}"]
        await client.send(json.dumps({"type": "subscribe", "symbols": symbols, "bars": 1}))
        for _ in range(10 if everything else 2):
            await _next(client, "snapshot")
        await subscribed.wait()
        found = await _next(client, "bar", symbol=f"S{number % 10}")
        await subscribed.wait()
        return found


async def _next(client: ClientConnection, kind: str, **wanted: Any) -> dict[str, Any]:
    while True:
        message: dict[str, Any] = json.loads(await asyncio.wait_for(client.recv(), 60))
        if message["type"] == kind and wanted.items() <= message.items():
            return message


async def _talk(feed: PublicFeed) -> list[dict[str, Any]]:
    subscribed = asyncio.Barrier(CLIENTS + 1)
    clients = [asyncio.create_task(_client(feed, n, subscribed)) for n in range(CLIENTS)]
    await subscribed.wait()
    assert feed.hub is not None
    assert len(feed.hub) == CLIENTS
    for number in range(10):
        feed.market.bar(bar(f"S{number}", 2, 7.5), LIVE)
    await subscribed.wait()
    return list(await asyncio.gather(*clients))


def test_two_hundred_clients_all_get_what_they_asked_for() -> None:
    with public_feed(Limits(updates_per_second=10)) as feed:
        for number in range(10):
            feed.market.bar(bar(f"S{number}", 1), LIVE)
        found = asyncio.run(_talk(feed))
        assert [(m["symbol"], m["close"]) for m in found] == [
            (f"S{n % 10}", 7.5) for n in range(CLIENTS)
        ]
        assert feed.said() == []
