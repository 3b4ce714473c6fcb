"""Alpha Vantage: quotes or candles by polling; the free tier allows 5 a minute and 25 a day.

Made from the published documentation (`https://www.alphavantage.co/query`): `GLOBAL_QUOTE` answers
`{"Global Quote": {"05. price", "06. volume" (of the day), "07. latest trading day"}}`, a date and
no time; `TIME_SERIES_INTRADAY` answers `{"Meta Data": {"6. Time Zone"}, "Time Series (1min)":
{"2024-08-02 19:55:00": {"1. open", ..., "5. volume"}}}`, newest first. Limits come with status 200
as `Note` or `Information`, unknown symbols as `Error Message`.
"""

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from streams.adapters.feeds.event import Bad, Heard, Trade
from streams.adapters.feeds.fields import FieldError, local_time, number, parsed, text
from streams.adapters.feeds.provider import BusyError, Query, RefusedError

URL = "https://www.alphavantage.co"
_PATH = "/query"
_ZONE = "US/Eastern"
_CLOSE = "16:00:00"


class AlphaVantage:
    """Quotes; with an `interval` (`1min`, `5min`, ...) candles of which the newest may still grow,
    so it is left for the next round."""

    def __init__(self, interval: str | None = None) -> None:
        self._interval = interval
        self._volumes: dict[str, tuple[str, float]] = {}

    def requests(self, symbols: tuple[str, ...]) -> list[Query]:
        if self._interval is None:
            common = {"function": "GLOBAL_QUOTE"}
        else:
            common = {"function": "TIME_SERIES_INTRADAY", "interval": self._interval}
        return [Query(_PATH, {**common, "symbol": symbol}, symbol) for symbol in symbols]

    def authorised(self, key: str) -> tuple[dict[str, str], dict[str, str]]:
        return {}, {"apikey": key}

    def read(self, query: Query, body: bytes, now_ms: int) -> Heard:
        heard = Heard()
        answer = _checked(body)
        if "Error Message" in answer:
            heard.bad.append(Bad("no_quote", str(answer["Error Message"]), body))
            return heard
        try:
            if self._interval is None:
                heard.trades.append(self._quote(answer, query.symbol, now_ms))
            else:
                _candles(answer, query.symbol, heard)
        except (FieldError, AttributeError) as error:
            heard.bad.append(Bad("bad_quote", str(error), body))
        return heard

    def _quote(self, answer: dict[str, Any], symbol: str, now_ms: int) -> Trade:
        quote = answer.get("Global Quote")
        if not isinstance(quote, dict) or not quote:
            raise FieldError(f"Global Quote: expected one of {symbol}, was empty")
        name, day = text(quote, "01. symbol"), text(quote, "07. latest trading day")
        price, volume = number(quote, "05. price"), number(quote, "06. volume")
        last_day, before = self._volumes.get(name, ("", 0.0))
        grown = volume - before if day == last_day and volume >= before else 0.0
        self._volumes[name] = day, volume
        return Trade(name, _last_traded(day, now_ms), price, grown, f"{day}/{price!r}/{volume!r}")


def _last_traded(day: str, now_ms: int) -> int:
    """Now while that day lasts in New York and its market is open, its close afterwards."""
    now = datetime.fromtimestamp(now_ms / 1_000, UTC).astimezone(ZoneInfo(_ZONE))
    close = local_time(f"{day} {_CLOSE}", _ZONE)
    return min(now_ms, close) if now.date().isoformat() >= day else now_ms


def _candles(answer: dict[str, Any], symbol: str, heard: Heard) -> None:
    """Oldest first; all but the newest, which is not over."""
    series = next((value for key, value in answer.items() if key.startswith("Time Series")), None)
    if not isinstance(series, dict):
        raise FieldError("Time Series: expected an object of candles, was missing")
    zone = str(answer.get("Meta Data", {}).get("6. Time Zone", _ZONE))
    for at in sorted(series)[:-1]:
        try:
            heard.trades.append(_candle(symbol, at, series[at], zone))
        except (FieldError, AttributeError) as error:
            raw = json.dumps({at: series[at]}).encode()
            heard.bad.append(Bad("bad_candle", str(error), raw))
    heard.ignored += bool(series)


def _candle(symbol: str, at: str, item: dict[str, Any], zone: str) -> Trade:
    first, high, low = (number(item, name) for name in ("1. open", "2. high", "3. low"))
    ts = local_time(at, zone)
    price, volume = number(item, "4. close"), number(item, "5. volume")
    if not low <= min(first, price) <= max(first, price) <= high:
        raise FieldError(f"candle: expected low <= open, close <= high, was {item}")
    return Trade(symbol, ts, price, volume, ts, None, (first, high, low))


def _checked(body: bytes) -> dict[str, Any]:
    """The object of an answer. Raises BusyError at a limit, RefusedError for a bad key."""
    answer = parsed(body)
    if not isinstance(answer, dict):
        raise FieldError(f"answer: expected an object, was {type(answer).__name__}")
    words = answer.get("Note") or answer.get("Information")
    if words is not None:
        raise BusyError(str(words))
    if "apikey" in str(answer.get("Error Message", "")).lower():
        raise RefusedError(str(answer["Error Message"]))
    return answer
