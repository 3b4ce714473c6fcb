"""FMP (Financial Modeling Prep): quotes by polling, trades by WebSocket, news by REST.

Made from the published documentation. Polling: `GET /stable/quote?symbol=AAPL` answers
`[{"symbol", "price", "volume" (of the day), "timestamp" (s), ...}]`; it is on every plan.
WebSocket `wss://websockets.financialmodelingprep.com`: `{"event": "login", "data": {"apiKey"}}`,
`{"event": "subscribe", "data": {"ticker": ["aapl"]}}`, then `s` symbol, `t` time, `type` (`T`
trade, `Q` quote, `B` trade break), `lp` last price, `ls` last size. News:
`GET /stable/news/stock?symbols=`, `publishedDate` in New York's time.
"""

import json
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

URL = "https://financialmodelingprep.com"
SOCKET_URL = "wss://websockets.financialmodelingprep.com"
_ZONE = "America/New_York"


class FmpSocket:
    """The stream of trades; quotes and trade breaks are ignored."""

    def __init__(self, access: Access, symbols: tuple[str, ...]) -> None:
        self._access, self._symbols = access, symbols

    @property
    def address(self) -> str:
        return self._access.url

    def opening(self) -> list[str]:
        return [json.dumps({"event": "login", "data": {"apiKey": self._access.key}})]

    def read(self, raw: str | bytes) -> Heard:
        heard = Heard()
        try:
            item = parsed(raw)
            if not isinstance(item, dict):
                raise FieldError(f"frame: expected an object, was {type(item).__name__}")
            _update(item, heard)
            if item.get("event") == "login":
                tickers = [symbol.lower() for symbol in self._symbols]
                heard.replies.append(
                    json.dumps({"event": "subscribe", "data": {"ticker": tickers}})
                )
        except FieldError as error:
            heard.bad.append(Bad.frame(str(error), raw))
        return heard


def _update(item: dict[str, Any], heard: Heard) -> None:
    if item.get("type") == "T":
        symbol = text(item, "s").upper()
        heard.trades.append(
            Trade(symbol, moment(item, "t"), number(item, "lp"), optional(item, "ls"))
        )
    elif "event" in item:
        heard.ignored += 1
        heard.said.append(_said(item))
    elif item.get("type") in ("Q", "B"):
        heard.ignored += 1
    else:
        raise FieldError(f"type: expected T, Q or B, was {item.get('type')!r}")


def _said(item: dict[str, Any]) -> str:
    """`{"event": "login", "status": 200, "message": ...}`; raises for those that end it."""
    status, words = item.get("status"), str(item.get("message", ""))
    if status in (401, 403) or "unauthorized" in words.lower():
        raise RefusedError(words or str(status))
    if status == 429:
        raise BusyError(words or str(status))
    return f"{item['event']}: {status} {words}".strip()


class FmpQuotes:
    """The last price of each symbol; its size is what the day's volume has grown by."""

    def __init__(self) -> None:
        self._volumes: dict[str, float] = {}

    def requests(self, symbols: tuple[str, ...]) -> list[Query]:
        return [Query("/stable/quote", {"symbol": symbol}, symbol) for symbol in symbols]

    def read(self, query: Query, body: bytes, now_ms: int) -> Heard:
        heard = Heard()
        answer = checked(body)
        if not isinstance(answer, list):
            raise FieldError(f"quote: expected an array, was {type(answer).__name__}")
        if not answer:
            detail = f"quote: expected one of {query.symbol}, was an empty array"
            heard.bad.append(Bad("no_quote", detail, body))
        for item in answer:
            try:
                heard.trades.append(self._quote(item))
            except (FieldError, AttributeError) as error:
                heard.bad.append(Bad("bad_quote", str(error), json.dumps(item).encode()))
        return heard

    def _quote(self, item: dict[str, Any]) -> Trade:
        symbol, volume = text(item, "symbol"), optional(item, "volume")
        ts, price = moment(item, "timestamp"), number(item, "price")
        before = self._volumes.get(symbol)
        size = None
        if volume is not None:
            size = volume - before if before is not None and volume >= before else 0.0
            self._volumes[symbol] = volume
        return Trade(symbol, ts, price, size, f"{ts}/{price!r}/{volume!r}")

    def authorised(self, key: str) -> tuple[dict[str, str], dict[str, str]]:
        return {}, {"apikey": key}


class FmpNews:
    """`GET /stable/news/stock`: symbol, publishedDate, title, url."""

    def requests(self, symbols: tuple[str, ...], since_ms: int) -> list[Query]:
        return [Query("/stable/news/stock", {"symbols": ",".join(symbols), "limit": "100"})]

    def read(self, body: bytes) -> tuple[list[Story], Heard]:
        heard, stories = Heard(), []
        answer = checked(body)
        if not isinstance(answer, list):
            raise FieldError(f"news: expected an array, was {type(answer).__name__}")
        for item in answer:
            try:
                stories.append(_story(item))
            except (FieldError, AttributeError) as error:
                heard.bad.append(Bad("bad_news", str(error), json.dumps(item).encode()))
        return stories, heard

    def authorised(self, key: str) -> tuple[dict[str, str], dict[str, str]]:
        return {}, {"apikey": key}


def _story(item: dict[str, Any]) -> Story:
    published = local_time(text(item, "publishedDate"), _ZONE)
    title = text(item, "title")
    identity = str(item.get("url") or f"{published}/{title}")
    return Story(identity, (text(item, "symbol"),), published, title)


def checked(body: bytes) -> Any:
    """The JSON of an answer; FMP says with 200 and `Error Message` that it does not answer."""
    answer = parsed(body)
    words = answer.get("Error Message") if isinstance(answer, dict) else None
    if words is None:
        return answer
    if "limit" in str(words).lower():
        raise BusyError(str(words))
    raise RefusedError(str(words))
