"""Finage: trades and quotes of US stocks, forex and crypto by WebSocket.

Made from the published documentation: every customer has a URL of their own
(`wss://SUBDOMAIN.finage.ws:PORT`, in the dashboard), the socket key goes into `?token=`; then
`{"action": "subscribe", "symbols": "AAPL,TSLA"}`. The server says `{"status_code": 200,
"message": "authorizing"}` and "connected to the adapter"; then updates with `s` symbol, `t` time
in ms and `p` last price with `q` or `v` its size (trades), or `b`/`bp` and `a`/`ap` (quotes: the
middle is the price). There are neither trade ids nor sequence numbers.
"""

import json
from typing import Any

from httpx import URL

from streams.adapters.feeds.event import Bad, Heard, Trade
from streams.adapters.feeds.fields import FieldError, moment, number, optional, parsed, text
from streams.adapters.feeds.provider import Access, BusyError, RefusedError

_SIZES = ("q", "v")
_QUOTES = (("b", "a"), ("bp", "ap"))


class Finage:
    """The stream of one market, the one whose URL it is."""

    def __init__(self, access: Access, symbols: tuple[str, ...]) -> None:
        self._access, self._symbols = access, symbols

    @property
    def address(self) -> str:
        return str(URL(self._access.url).copy_merge_params({"token": self._access.key or ""}))

    def opening(self) -> list[str]:
        return [json.dumps({"action": "subscribe", "symbols": ",".join(self._symbols)})]

    def read(self, raw: str | bytes) -> Heard:
        heard = Heard()
        try:
            item = parsed(raw)
            if not isinstance(item, dict):
                raise FieldError(f"frame: expected an object, was {type(item).__name__}")
            if "status_code" in item:
                heard.said.append(_status(item))
                heard.ignored += 1
            else:
                heard.trades.append(_update(item))
        except FieldError as error:
            heard.bad.append(Bad.frame(str(error), raw))
        return heard


def _update(item: dict[str, Any]) -> Trade:
    symbol, ts = text(item, "s"), moment(item, "t")
    if item.get("p") is not None:
        size = next((optional(item, name) for name in _SIZES if item.get(name) is not None), None)
        return Trade(symbol, ts, number(item, "p"), size)
    for bid, ask in _QUOTES:
        if item.get(bid) is not None and item.get(ask) is not None:
            return Trade(symbol, ts, (number(item, bid) + number(item, ask)) / 2)
    raise FieldError(f"update: expected p, or b and a, was {', '.join(sorted(item))[:80]}")


def _status(item: dict[str, Any]) -> str:
    code, words = item["status_code"], str(item.get("message", ""))
    if code in (401, 403):
        raise RefusedError(f"{code} {words}")
    if code == 429:
        raise BusyError(f"{code} {words}")
    return f"{code}: {words}"
