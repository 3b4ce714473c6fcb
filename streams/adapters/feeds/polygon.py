"""Polygon.io (now Massive): trades of US stocks by WebSocket, news by REST.

Made from the published documentation (`wss://socket.polygon.io/stocks`, cluster "stocks"):
connect, `{"action": "auth", "params": KEY}`, `{"action": "subscribe", "params": "T.AAPL,..."}`;
the server sends arrays of events, each with `ev`: `status` or `T` (trade: `sym` symbol, `i` id,
`x` exchange, `p` price, `s` size, `t` SIP time in ms, `q` sequence number). Sequence numbers of a
symbol grow but have holes by themselves, so they tell duplicates and not losses.
"""

import json
from datetime import UTC, datetime
from typing import Any

from streams.adapters.feeds.event import Bad, Heard, Story, Trade
from streams.adapters.feeds.fields import (
    FieldError,
    local_time,
    moment,
    number,
    optional,
    parsed,
    text,
)
from streams.adapters.feeds.provider import Access, BusyError, Query, RefusedError

URL = "wss://socket.polygon.io/stocks"
NEWS_URL = "https://api.polygon.io"
_LET_IN = ("auth_success", "success: authenticated")
_REFUSED = ("auth_failed", "auth_timeout", "not_authorized")


class Polygon:
    """The stream of trades."""

    def __init__(self, access: Access, symbols: tuple[str, ...]) -> None:
        self._access, self._symbols = access, symbols

    @property
    def address(self) -> str:
        return self._access.url

    def opening(self) -> list[str]:
        return [json.dumps({"action": "auth", "params": self._access.key})]

    def read(self, raw: str | bytes) -> Heard:
        heard = Heard()
        try:
            items = parsed(raw)
        except FieldError as error:
            heard.bad.append(Bad.frame(str(error), raw))
            return heard
        for item in items if isinstance(items, list) else [items]:
            _event(item, raw, heard)
        if any(words.startswith(_LET_IN) for words in heard.said):
            channels = ",".join(f"T.{symbol}" for symbol in self._symbols)
            heard.replies.append(json.dumps({"action": "subscribe", "params": channels}))
        return heard


def _event(item: Any, raw: str | bytes, heard: Heard) -> None:
    kind = item.get("ev") if isinstance(item, dict) else None
    if kind == "T":
        try:
            heard.trades.append(_trade(item))
        except FieldError as error:
            heard.bad.append(Bad("bad_trade", str(error), json.dumps(item).encode()))
    elif kind == "status":
        heard.ignored += 1
        heard.said.append(_status(item))
    elif isinstance(kind, str):
        heard.ignored += 1
    else:
        heard.bad.append(Bad.frame("event: expected an object with ev", raw))


def _trade(item: dict[str, Any]) -> Trade:
    """`i` is unique per exchange and symbol; a trade without it has its sequence number."""
    known = item.get("i")
    identity = f"{item.get('x')}/{known}" if known is not None else item.get("q")
    if identity is not None and not isinstance(identity, str | int):
        raise FieldError(f"q: expected a whole number, was {identity!r}")
    return Trade(
        text(item, "sym"), moment(item, "t"), number(item, "p"), optional(item, "s"), identity
    )


def _status(item: dict[str, Any]) -> str:
    """The words of a status; raises RefusedError or BusyError for those that end it."""
    status, words = str(item.get("status", "")), str(item.get("message", ""))
    if status in _REFUSED or (status == "error" and "auth" in words.lower()):
        raise RefusedError(words or status)
    if status == "max_connections":
        raise BusyError(words or status)
    return f"{status}: {words}"


class PolygonNews:
    """`GET /v2/reference/news`: results with id, title, published_utc and tickers."""

    def requests(self, symbols: tuple[str, ...], since_ms: int) -> list[Query]:
        common = {"published_utc.gte": _utc(since_ms), "order": "asc", "limit": "100"}
        return [
            Query("/v2/reference/news", {"ticker": symbol, **common}, symbol) for symbol in symbols
        ]

    def read(self, body: bytes) -> tuple[list[Story], Heard]:
        heard, stories = Heard(), []
        answer = parsed(body)
        results = answer.get("results", []) if isinstance(answer, dict) else None
        if not isinstance(results, list):
            raise FieldError("news: expected an object with results")
        for item in results:
            try:
                stories.append(_story(item))
            except (FieldError, AttributeError, TypeError) as error:
                heard.bad.append(Bad("bad_news", str(error), json.dumps(item).encode()))
        return stories, heard

    def authorised(self, key: str) -> tuple[dict[str, str], dict[str, str]]:
        return {"Authorization": f"Bearer {key}"}, {}


def _story(item: dict[str, Any]) -> Story:
    tickers = tuple(str(ticker) for ticker in item.get("tickers") or ())
    published = local_time(text(item, "published_utc"), "UTC")
    return Story(text(item, "id"), tickers, published, text(item, "title"))


def _utc(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
