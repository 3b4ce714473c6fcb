"""How a connection to the public WebSocket ends."""

import json
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection


def closed(client: ClientConnection) -> tuple[int, str]:
    """Read until the server closes: its code and reason."""
    return last_words(client)[1]


def last_words(client: ClientConnection) -> tuple[list[dict[str, Any]], tuple[int, str]]:
    """What comes before the server closes; its code and reason."""
    messages: list[dict[str, Any]] = []
    try:
        while True:
            messages.append(json.loads(client.recv(timeout=30)))
    except ConnectionClosed as end:
        return messages, (end.rcvd.code, end.rcvd.reason) if end.rcvd else (1006, "a cut")
