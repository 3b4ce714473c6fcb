"""The messages of `/ws`, encoded once for all clients of a round."""

from collections.abc import Collection
from typing import Any

import msgspec

from panel_app.alerts import Alert, AlertFilter
from panel_app.market import Market
from panel_app.store import Key
from streams.domain.bar import Bar
from streams.domain.indicator_row import IndicatorRow
from streams.domain.interval import interval_ms
from streams.domain.tick import MAX_TS

_encode = msgspec.json.Encoder().encode
_SIGNALS = 50


class Render:
    """Makes messages of what the market has; `fresh` before each round."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._cache: dict[tuple[str, Key], tuple[int, bytes] | None] = {}

    def fresh(self) -> None:
        """Forget the last round's messages."""
        self._cache.clear()

    def bar(self, key: Key, *, final: bool) -> tuple[int, bytes] | None:
        """Start and message of the newest final or forming bar."""
        at = ("final" if final else "forming", key)
        if at not in self._cache:
            newest = self._market.store.newest(key)
            bar = newest.final if final else newest.forming
            self._cache[at] = (
                None if bar is None else (bar.start, encode({"type": "bar"} | _bar(bar)))
            )
        return self._cache[at]

    def indicators(self, key: Key) -> tuple[int, bytes] | None:
        """Start and message of the newest indicators."""
        at = ("indicators", key)
        if at not in self._cache:
            row = self._market.store.newest(key).row
            self._cache[at] = (
                None if row is None else (row.start, encode({"type": "indicators"} | _row(row)))
            )
        return self._cache[at]

    def snapshot(self, key: Key, channels: Collection[str], count: int) -> bytes:
        """What a client starts from: the last bars, oldest first, and the newest of the rest."""
        found: dict[str, Any] = {"type": "snapshot", **key._asdict()}
        store = self._market.store
        if "bars" in channels:
            found["bars"] = [_held(key, *held) for held in store.last(key, count)]
        if "indicators" in channels:
            row = store.newest(key).row
            found["indicators"] = None if row is None else _row(row)
        if "signals" in channels:
            found["signals"] = self._signals(key)
        return encode(found)

    def _signals(self, key: Key) -> list[dict[str, Any]]:
        newest = self._market.alerts.newest(AlertFilter(symbol=key.symbol), MAX_TS, 4 * _SIGNALS)
        of_key = [alert for alert in newest if alert.signal.interval == key.interval]
        return [signal(alert) for alert in reversed(of_key[:_SIGNALS])]


def encode(message: dict[str, Any]) -> bytes:
    """NaN becomes null."""
    return _encode(message)


def signal(alert: Alert) -> dict[str, Any]:
    """A signal as clients get it."""
    payload = alert.payload()
    del payload["live"]
    return payload


def _bar(bar: Bar) -> dict[str, Any]:
    row = (bar.open, bar.high, bar.low, bar.close, bar.volume, bar.vwap, float(bar.trades))
    return {"symbol": bar.symbol, "interval": bar.interval, **_prices(bar.start, bar.end, row),
            "final": bar.final}  # fmt: skip


def _held(key: Key, start: int, row: tuple[float, ...], final: bool) -> dict[str, Any]:
    return _prices(start, start + interval_ms(key.interval), row) | {"final": final}


def _prices(start: int, end: int, row: tuple[float, ...]) -> dict[str, Any]:
    names = ("open", "high", "low", "close", "volume", "vwap")
    return {"start": start, "end": end, **dict(zip(names, row, strict=False)),
            "trades": int(row[6])}  # fmt: skip


def _row(row: IndicatorRow) -> dict[str, Any]:
    return {
        "symbol": row.symbol, "interval": row.interval, "start": row.start, "end": row.end,
        "close": row.close, "warm": row.warm, "values": row.values, "votes": row.votes,
    }  # fmt: skip
