"""Binance market data: public trades by WebSocket, without a key.

Made from the published documentation (`binance-spot-api-docs/web-socket-streams.md`): connect to
`wss://data-stream.binance.vision/ws`, send `{"method": "SUBSCRIBE", "params": ["btcusdt@trade"],
"id": 1}`, get `{"result": null, "id": 1}`, then trades with `s` symbol, `t` id, `p` price and `q`
quantity as text, `T` time in ms. Ids of a symbol count up by one: a hole is a loss, one that was
there is a duplicate. 1,024 streams a connection; the server ends each after 24 hours.
"""

import json
from typing import Any

from streams.adapters.feeds.event import Bad, Heard, Trade
from streams.adapters.feeds.fields import FieldError, moment, number, parsed, text
from streams.adapters.feeds.provider import Access, RefusedError
from streams.domain.errors import ConfigError

URL = "wss://data-stream.binance.vision/ws"
_MOST_STREAMS = 1_024
_SHUTDOWN = "serverShutdown"


class Binance:
    """The stream of trades."""

    def __init__(self, access: Access, symbols: tuple[str, ...]) -> None:
        """Raises ConfigError for more symbols than one connection may have."""
        if len(symbols) > _MOST_STREAMS:
            raise ConfigError(
                f"--symbols: expected at most {_MOST_STREAMS} for binance, was {len(symbols)}"
            )
        self._access, self._symbols = access, symbols

    @property
    def address(self) -> str:
        return self._access.url

    def opening(self) -> list[str]:
        streams = [f"{symbol.lower()}@trade" for symbol in self._symbols]
        return [json.dumps({"method": "SUBSCRIBE", "params": streams, "id": 1})]

    def read(self, raw: str | bytes) -> Heard:
        heard = Heard()
        try:
            item = parsed(raw)
            if not isinstance(item, dict):
                raise FieldError(f"frame: expected an object, was {type(item).__name__}")
            item = item.get("data", item)  # combined streams wrap it
            if item.get("e") == "trade":
                heard.trades.append(_trade(item))
            else:
                heard.ignored += 1
                heard.said += _said(item)
        except (FieldError, AttributeError) as error:
            heard.bad.append(Bad.frame(str(error), raw))
        return heard


def _trade(item: dict[str, Any]) -> Trade:
    known = item.get("t")
    if type(known) is not int:
        raise FieldError(f"t: expected a whole number, was {known!r}")
    return Trade(
        text(item, "s"), moment(item, "T"), number(item, "p"), number(item, "q"), known, known
    )


def _said(item: dict[str, Any]) -> list[str]:
    """What is worth a line of the log; raises RefusedError for an error in what we asked."""
    error = item.get("error", item)
    if isinstance(error, dict) and "code" in error and "msg" in error:
        raise RefusedError(f"{error['code']}: {error['msg']}")
    return [_SHUTDOWN] if item.get("e") == _SHUTDOWN else []
