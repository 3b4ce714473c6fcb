"""What a provider of market data has to tell about itself; each has a file of its own."""

import re
from dataclasses import dataclass
from typing import Protocol

from streams.adapters.feeds.event import Heard, Story


@dataclass(frozen=True, slots=True)
class Access:
    """Where a provider is, and the key to it; the key shows in no repr."""

    url: str
    key: str | None = None

    def __repr__(self) -> str:
        return f"Access(url={self.url.split('?')[0]!r})"

    def hide(self, text: str) -> str:
        """The text without the key, for logs and errors; at most 300 characters."""
        if self.key:
            text = text.replace(self.key, "***")
        return re.sub(r"(?i)((?:token|api_?key)=)[^&\s'\"]+", r"\1***", text)[:300]


class RefusedError(Exception):
    """The provider does not let us in: trying again is no use. The text is the provider's."""


class BusyError(Exception):
    """The provider asks us to come back later, after `seconds` when it says so."""

    def __init__(self, text: str, seconds: float | None = None) -> None:
        super().__init__(text)
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Query:
    """A GET request without its key; `symbol` is the one it is about, if it is about one."""

    path: str
    parameters: dict[str, str]
    symbol: str = ""


class SocketProvider(Protocol):
    """A WebSocket that streams trades once it has been told which."""

    @property
    def address(self) -> str:
        """The URL to connect to; it may hold the key and is never logged."""

    def opening(self) -> list[str]:
        """What to send as soon as it is connected, in this order."""

    def read(self, raw: str | bytes) -> Heard:
        """One frame. Raises RefusedError or BusyError when it says so."""


class PollProvider(Protocol):
    """An HTTP API that is asked again and again."""

    def requests(self, symbols: tuple[str, ...]) -> list[Query]:
        """What to ask in one round."""

    def read(self, query: Query, body: bytes, now_ms: int) -> Heard:
        """One answer. Raises FieldError when it is none, RefusedError or BusyError."""

    def authorised(self, key: str) -> tuple[dict[str, str], dict[str, str]]:
        """(headers, parameters) with the key."""


class NewsProvider(Protocol):
    """An HTTP API of headlines."""

    def requests(self, symbols: tuple[str, ...], since_ms: int) -> list[Query]:
        """What to ask for all that has come since."""

    def read(self, body: bytes) -> tuple[list[Story], Heard]:
        """The stories of an answer; what is no story is in the second. Raises as above."""

    def authorised(self, key: str) -> tuple[dict[str, str], dict[str, str]]:
        """(headers, parameters) with the key."""
