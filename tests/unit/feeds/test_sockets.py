"""Feeds by WebSocket against servers that speak as each provider's documentation says."""

import csv
import json
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from websockets.sync.server import ServerConnection

from streams.adapters.feeds.catalogue import PROVIDERS
from streams.adapters.feeds.provider import Access
from streams.adapters.metrics import Metrics
from streams.apps.feed.request import FeedCounts, FeedRequest, FeedResult
from streams.apps.feed.run import feed
from streams.domain.errors import ServiceError
from tests.fakes import settings
from tests.feed_servers import Kept, Until, never, socket_server
from tests.tape_reading import read_tape

NOW = int(time.time()) * 1_000 - 60_000
KEY = "k3y-that-nobody-may-see"


def run(
    provider: str,
    url: str,
    symbols: str = "AAPL,MSFT",
    enough: Callable[[FeedCounts], bool] = never,
    **asked: Any,
) -> tuple[FeedResult, Kept]:
    kept, until = Kept(), Until(enough)
    request = FeedRequest(
        provider,
        "socket",
        Access(url, KEY),
        tuple(symbols.split(",")),
        **{"duration_s": 60} | asked,
    )
    result = feed(settings(), request, until, until.stop, Metrics(CollectorRegistry()), kept)
    counts = result.counts
    assert counts.events == (counts.ticks + counts.duplicates + counts.rejected + counts.ignored), (
        counts
    )
    assert len(kept.rows()) == counts.ticks
    assert len(kept.letters) == counts.rejected
    return result, kept


def polygon(*events: dict[str, Any]) -> str:
    return json.dumps(list(events))


def trade(n: int, symbol: str = "AAPL", **fields: Any) -> dict[str, Any]:
    return {
        "ev": "T", "sym": symbol, "x": 4, "i": str(n), "z": 3, "p": 100 + n / 4, "s": 10 * n,
        "c": [0, 12], "t": NOW + n, "q": n * 3,
    } | fields  # fmt: skip


def let_in(socket: ServerConnection) -> None:
    """Polygon's greeting: the key, then the subscription, each after its own answer."""
    socket.send(
        polygon({"ev": "status", "status": "connected", "message": "Connected Successfully"})
    )
    assert json.loads(socket.recv(10)) == {"action": "auth", "params": KEY}
    socket.send(polygon({"ev": "status", "status": "auth_success", "message": "authenticated"}))
    assert json.loads(socket.recv(10)) == {"action": "subscribe", "params": "T.AAPL,T.MSFT"}
    socket.send(polygon({"ev": "status", "status": "success", "message": "subscribed to: T.AAPL"}))


def test_polygon_with_a_drop_duplicates_and_malformed_frames() -> None:
    def first(socket: ServerConnection) -> None:
        let_in(socket)
        socket.send(polygon(trade(1), trade(2, "MSFT"), {"ev": "Q", "sym": "AAPL", "bp": 1}))
        socket.send("{broken")
        socket.send(polygon(trade(3, p=-1), trade(4, p="x"), trade(5, sym=None), {"no": "ev"}))

    def second(socket: ServerConnection) -> None:
        let_in(socket)
        socket.send(polygon(trade(1), trade(2, "MSFT"), trade(2, "AAPL"), trade(2, x=7)))

    with socket_server(first, second) as (url, _):
        result, kept = run("polygon", url, limit=4)
    assert kept.rows() == [
        ("AAPL", NOW + 1, 100.25, 10.0),
        ("MSFT", NOW + 2, 100.5, 20.0),
        ("AAPL", NOW + 2, 100.5, 20.0),
        ("AAPL", NOW + 2, 100.5, 20.0),
    ]
    counts = result.counts
    assert (counts.duplicates, counts.rejected, counts.reconnects) == (2, 5, 1)
    assert sorted(letter.reason for letter in kept.letters) == [
        "bad_message", "bad_message", "bad_price", "bad_trade", "bad_trade",
    ]  # fmt: skip
    assert {letter.source for letter in kept.letters} == {"polygon"}
    assert b"{broken" in {letter.raw for letter in kept.letters}


def binance(n: int, symbol: str = "BTCUSDT", **fields: Any) -> str:
    return json.dumps(
        {
            "e": "trade", "E": NOW + n, "s": symbol, "t": n, "p": f"{16800 + n}.01000000",
            "q": "0.00100000", "b": 88, "a": 50, "T": NOW + n, "m": True, "M": True,
        } | fields
    )  # fmt: skip


def subscribed(socket: ServerConnection) -> None:
    asked = json.loads(socket.recv(10))
    assert asked == {"method": "SUBSCRIBE", "params": ["btcusdt@trade", "ethusdt@trade"], "id": 1}
    socket.send(json.dumps({"result": None, "id": 1}))


def test_binance_counts_what_is_missing_and_what_came_twice() -> None:
    def first(socket: ServerConnection) -> None:
        subscribed(socket)
        for frame in (binance(10), binance(11), binance(5, "ETHUSDT"), binance(12)):
            socket.send(frame)

    def second(socket: ServerConnection) -> None:
        subscribed(socket)
        for frame in (binance(12), binance(15), binance(6, "ETHUSDT"), binance(16, q="NaN")):
            socket.send(frame)
        socket.send(json.dumps({"stream": "btcusdt@trade", "data": json.loads(binance(17))}))

    with socket_server(first, second) as (url, _):
        result, kept = run("binance", url, "BTCUSDT,ETHUSDT", limit=7, names={"BTCUSDT": "BTC-USD"})
    counts = result.counts
    assert (counts.gaps, counts.missing, counts.duplicates, counts.rejected) == (2, 3, 1, 1)
    assert result.symbols == ("BTC-USD", "ETHUSDT")
    assert [row[:2] for row in kept.rows() if row[0] == "BTC-USD"] == [
        ("BTC-USD", NOW + n) for n in (10, 11, 12, 15, 17)
    ]


def test_finage_sends_the_key_in_the_url_only(caplog: pytest.LogCaptureFixture) -> None:
    def talk(socket: ServerConnection) -> None:
        for words in ("authorizing", "connected to the adapter"):
            socket.send(json.dumps({"status_code": 200, "message": words, "id": "x"}))
        assert json.loads(socket.recv(10)) == {"action": "subscribe", "symbols": "AAPL,MSFT"}
        socket.send(json.dumps({"s": "AAPL", "p": "188.5", "v": 100, "dp": False, "t": NOW}))
        socket.send(
            json.dumps({"s": "TSLA", "ap": 189.5, "bp": 189.25, "as": 3, "bs": 1, "t": NOW})
        )
        socket.send(json.dumps({"s": "TSLA", "t": NOW}))
        socket.send(json.dumps({"s": "EUR/USD", "a": 1.5, "b": 1.25, "t": NOW + 1}))

    caplog.set_level(logging.DEBUG)
    with socket_server(talk) as (url, paths):
        result, kept = run("finage", url, limit=3)
    assert kept.rows() == [
        ("AAPL", NOW, 188.5, 100.0),
        ("TSLA", NOW, 189.375, None),
        ("EUR/USD", NOW + 1, 1.375, None),
    ]
    assert result.counts.rejected == 1
    assert paths == [f"/?token={KEY}"]
    ours = [r.getMessage() for r in caplog.records if not r.name.startswith("websockets.server")]
    assert ours
    assert KEY not in "\n".join(ours)


def test_fmp_logs_in_before_it_subscribes() -> None:
    def talk(socket: ServerConnection) -> None:
        assert json.loads(socket.recv(10)) == {"event": "login", "data": {"apiKey": KEY}}
        socket.send(json.dumps({"event": "login", "status": 200, "message": "Authenticated"}))
        asked = json.loads(socket.recv(10))
        assert asked == {"event": "subscribe", "data": {"ticker": ["aapl", "msft"]}}
        quote = {"s": "aapl", "t": NOW * 1_000_000, "ap": 1, "bp": 1}
        socket.send(json.dumps(quote | {"type": "Q"}))
        socket.send(json.dumps(quote | {"type": "T", "lp": 101.5, "ls": 7}))
        socket.send(json.dumps(quote | {"type": "Z"}))
        socket.send(json.dumps(quote | {"type": "T", "lp": 102.5, "ls": None}))

    with socket_server(talk) as (url, _):
        result, kept = run("fmp", url, limit=2)
    assert kept.rows() == [("AAPL", NOW, 101.5, 7.0), ("AAPL", NOW, 102.5, None)]
    assert (result.counts.rejected, result.counts.ignored) == (1, 2)


@pytest.mark.parametrize(
    ("provider", "words"),
    [
        (
            "polygon",
            [{"ev": "status", "status": "auth_failed", "message": "authentication failed"}],
        ),
        ("finage", {"status_code": 401, "message": "invalid socket key"}),
        ("fmp", {"event": "login", "status": 401, "message": "Unauthorized"}),
        ("binance", {"error": {"code": 2, "msg": "Invalid request"}, "id": 1}),
    ],
)
def test_a_provider_that_refuses_us_ends_it_with_its_words(provider: str, words: Any) -> None:
    with (
        socket_server(lambda socket: socket.send(json.dumps(words))) as (url, _),
        pytest.raises(ServiceError, match=f"{provider}: refused us: .*[a-z]"),
    ):
        run(provider, url)


def test_a_recording_is_replayed_as_it_was_heard(tmp_path: Path) -> None:
    def talk(socket: ServerConnection) -> None:
        let_in(socket)
        socket.send(
            polygon(*(trade(n, "MSFT" if n % 3 else "AAPL", p=0.1 + n / 7) for n in range(1, 60)))
        )

    path = tmp_path / "heard.csv"
    for limit in (40, 59):  # stopped, and gone on with
        with socket_server(talk) as (url, _):
            kept = run("polygon", url, limit=limit, record=path)[1]
        with path.open("a") as file:
            file.write("torn,1")
    with path.open() as file:
        assert len(list(csv.reader(file))) == 1 + 40 + 1 + 59 + 1
    tape = read_tape(path)
    assert dict(tape.counts.rejected) == {"wrong_columns": 2}
    columns = tape.ticks.columns
    heard = [
        (symbol, ts, price, size)
        for (symbol, ts, price), size in zip(tape.events(), columns["size"].tolist(), strict=True)
    ]
    assert heard[40:] == kept.rows()
    assert sorted(heard[:40]) == sorted(row for row in kept.rows() if row[1] <= NOW + 40)


def test_silence_is_a_gap(caplog: pytest.LogCaptureFixture) -> None:
    with socket_server() as (url, _):
        result, _ = run("polygon", url, enough=lambda counts: counts.gaps > 0, silence_s=0.2)
    assert (result.counts.gaps, result.counts.ticks) == (1, 0)
    assert "silent_for" in caplog.text


def test_a_trade_of_tomorrow_or_without_a_price_is_none() -> None:
    later = NOW + 3 * 86_400_000

    def talk(socket: ServerConnection) -> None:
        let_in(socket)
        socket.send(polygon(trade(1, t=later), trade(2, p=0), trade(3, p=1e16), trade(4)))

    with socket_server(talk) as (url, _):
        _, kept = run("polygon", url, limit=1)
    assert [letter.reason for letter in kept.letters] == ["bad_time", "bad_price", "bad_price"]


def test_nobody_there_is_an_error_that_says_where(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.apps.feed.patience._FIRST_TRIES", 2)
    with pytest.raises(ServiceError, match=r"binance at ws://127\.0\.0\.1:9: expected an answer"):
        run("binance", "ws://127.0.0.1:9", "BTCUSDT")


def test_every_provider_can_be_read_in_some_way() -> None:
    assert {name: entry.modes for name, entry in PROVIDERS.items()} == {
        "polygon": ("socket",),
        "finage": ("socket",),
        "alphavantage": ("poll",),
        "fmp": ("poll", "socket"),
        "binance": ("socket",),
    }
