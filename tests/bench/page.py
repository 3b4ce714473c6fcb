"""A session of the dashboard without a browser: Bokeh's wire, as a page would use it."""

import asyncio
import json
import re
import time
import urllib.request
from collections.abc import Callable
from typing import Any

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol


class Change(msgspec.Struct):
    produced: int | None = None


class Frame(msgspec.Struct):
    """What is looked at of a frame."""

    number: int
    time: int
    change: Change | None = None
    watchlist: msgspec.Raw = msgspec.Raw(b"")


_frame = msgspec.json.Decoder(Frame)
_TOKEN = re.compile(r'"token":\s*"([^"]+)"')
Heard = Callable[[Frame, int], None]


class Page:
    """One session; `heard` gets every frame and its size in bytes."""

    def __init__(self, url: str, heard: Heard) -> None:
        self._url = url.rstrip("/")
        self._heard = heard
        self._relay = ""

    async def run(self, ask: dict[str, Any], ready: asyncio.Barrier, seconds: float) -> None:
        """Open, wait for the others, ask, and listen for so long."""
        html = await asyncio.to_thread(_fetch, self._url + "/")
        token = _TOKEN.search(html)
        assert token is not None, "expected a token in the page"
        socket = self._url.replace("http", "ws", 1) + "/ws"
        names = [Subprotocol("bokeh"), Subprotocol(token[1])]
        async with connect(
            socket,
            subprotocols=names,
            proxy=None,
            max_size=None,
            compression=None,
            open_timeout=120,
        ) as wire:
            await self._open(wire)
            await ready.wait()
            until = time.monotonic() + seconds
            await self._ask(wire, ask)
            while time.monotonic() < until:
                try:
                    text = await asyncio.wait_for(wire.recv(), 5)
                except TimeoutError:
                    continue
                self._hear(text)

    async def _open(self, wire: ClientConnection) -> None:
        """Pull the document, for the id of the relay in it; the server speaks first."""
        while '"ACK"' not in str(await asyncio.wait_for(wire.recv(), 60)):
            continue
        await _say(wire, "PULL-DOC-REQ", {})
        while not self._relay:
            text = await asyncio.wait_for(wire.recv(), 60)
            if '"relay"' in str(text):
                self._relay = _find(json.loads(text))

    async def _ask(self, wire: ClientConnection, ask: dict[str, Any]) -> None:
        event = {
            "kind": "ModelChanged",
            "model": {"id": self._relay},
            "attr": "ask",
            "new": json.dumps(ask),
        }
        await _say(wire, "PATCH-DOC", {"events": [event]})

    def _hear(self, text: str | bytes) -> None:
        if '"attr":"frame"' not in str(text):
            return
        for event in json.loads(text)["events"]:
            if event.get("attr") == "frame":
                self._heard(_frame.decode(event["new"]), len(event["new"]))


def _fetch(url: str) -> str:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=60) as answer:
        text: str = answer.read().decode()
        return text


async def _say(wire: ClientConnection, kind: str, content: dict[str, Any]) -> None:
    """A Bokeh message is three frames: header, metadata, content."""
    for part in ({"msgid": "1", "msgtype": kind}, {}, content):
        await wire.send(json.dumps(part))


def _find(document: Any) -> str:
    """The id of the model that is named relay, wherever it is."""
    if isinstance(document, dict):
        named = document.get("attributes")
        if isinstance(named, dict) and named.get("name") == "relay":
            return str(document["id"])
        document = list(document.values())
    if isinstance(document, list):
        return next((found for each in document if (found := _find(each))), "")
    return ""
