"""Whatever a provider sends, its reader says what is wrong with it and goes on."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.adapters.feeds.alphavantage import AlphaVantage
from streams.adapters.feeds.binance import Binance
from streams.adapters.feeds.event import Heard
from streams.adapters.feeds.fields import FieldError
from streams.adapters.feeds.finage import Finage
from streams.adapters.feeds.fmp import FmpNews, FmpQuotes, FmpSocket
from streams.adapters.feeds.gathering import trade_fault
from streams.adapters.feeds.polygon import Polygon, PolygonNews
from streams.adapters.feeds.provider import Access, BusyError, Query, RefusedError

ACCESS, SYMBOLS = Access("ws://x", "key"), ("A",)
ASKED = Query("/", {}, "A")
# What each sends when all is well; every value of it is replaced by everything below.
SAMPLES: dict[str, Any] = {
    "polygon": [
        {"ev": "T", "sym": "A", "x": 4, "i": "1", "p": 1.5, "s": 2, "t": 1_700_000_000_000, "q": 3},
        {"ev": "status", "status": "success", "message": "subscribed"},
    ],
    "finage": {"s": "A", "p": "1.5", "v": 2, "t": 1_700_000_000_000, "status_code": 200},
    "finage quotes": {"s": "A", "a": 1.5, "b": 1.25, "t": 1_700_000_000_000},
    "binance": {
        "stream": "a@trade",
        "data": {"e": "trade", "s": "A", "t": 7, "p": "1.5", "q": "2", "T": 1_700_000_000_000},
    },
    "binance errors": {"error": {"code": 2, "msg": "x"}, "id": 1},
    "fmp": {"s": "a", "t": 1_700_000_000_000, "type": "T", "lp": 1.5, "ls": 2},
    "fmp login": {"event": "login", "status": 200, "message": "x"},
    "fmp quotes": [{"symbol": "A", "price": 1.5, "volume": 7, "timestamp": 1_700_000_000}],
    "alphavantage": {
        "Global Quote": {
            "01. symbol": "A", "05. price": "1.5", "06. volume": "7",
            "07. latest trading day": "2024-03-04",
        }
    },
    "alphavantage candles": {
        "Meta Data": {"6. Time Zone": "US/Eastern"},
        "Time Series (1min)": {
            at: {"1. open": "1", "2. high": "2", "3. low": "1", "4. close": "2", "5. volume": "9"}
            for at in ("2024-08-02 19:50:00", "2024-08-02 19:51:00")
        },
    },
    "polygon news": {
        "results": [
            {"id": "x", "title": "t", "tickers": ["A"], "published_utc": "2024-03-04T10:00:00Z"}
        ]
    },
    "fmp news": [
        {"symbol": "A", "title": "t", "publishedDate": "2024-03-04 10:00:00", "url": "http://x"}
    ],
}  # fmt: skip
RUBBISH: tuple[Any, ...] = (
    None, True, False, -1, 0, 2**70, -(2**70), 1e308, -0.5, "", " ", "x", "NaN", "1e999", "0" * 40,
    "9999-99-99", "2024-03-04", "0001-01-01 00:00:00", "9999-12-31 23:59:59", "\ud800", "é\n", [],
    [[]], [1], {}, {"a": 1}, [{}], "nowhere/zone",
)  # fmt: skip


def broken(value: Any) -> Iterator[Any]:
    """The value with any part of it replaced, left out or under another name."""
    yield from RUBBISH
    if isinstance(value, dict):
        for name, inner in value.items():
            rest = {other: kept for other, kept in value.items() if other != name}
            yield rest
            yield from ({**rest, str(odd): inner} for odd in RUBBISH)
            yield from ({**value, name: worse} for worse in broken(inner))
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from ([*value[:at], worse, *value[at + 1 :]] for worse in broken(inner))


READERS: dict[str, Callable[[bytes], Heard]] = {
    "polygon": lambda raw: Polygon(ACCESS, SYMBOLS).read(raw),
    "finage": lambda raw: Finage(ACCESS, SYMBOLS).read(raw),
    "binance": lambda raw: Binance(ACCESS, SYMBOLS).read(raw),
    "fmp": lambda raw: FmpSocket(ACCESS, SYMBOLS).read(raw),
    "fmp quotes": lambda raw: FmpQuotes().read(ASKED, raw, 0),
    "alphavantage": lambda raw: AlphaVantage().read(ASKED, raw, 0),
    "alphavantage candles": lambda raw: AlphaVantage("1min").read(ASKED, raw, 0),
    "polygon news": lambda raw: PolygonNews().read(raw)[1],
    "fmp news": lambda raw: FmpNews().read(raw)[1],
}
SAME = {"finage quotes": "finage", "binance errors": "binance", "fmp login": "fmp"}
"""Samples of one reader."""


def check(name: str, raw: bytes) -> None:
    try:
        heard = READERS[SAME.get(name, name)](raw)
    except (FieldError, RefusedError, BusyError):
        return
    for trade in heard.trades:
        trade_fault(trade, 2_000_000_000_000)
    for bad in heard.bad:
        assert bad.reason
        assert bad.detail


@pytest.mark.parametrize("name", SAMPLES)
def test_any_part_of_a_message_may_be_anything(name: str) -> None:
    check(name, json.dumps(SAMPLES[name]).encode())
    count = 0
    for value in broken(SAMPLES[name]):
        check(name, json.dumps(value).encode())
        count += 1
    assert count > 100


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=25)
@given(raw=st.binary(max_size=40))
def test_any_bytes(name: str, raw: bytes) -> None:
    check(name, raw)
