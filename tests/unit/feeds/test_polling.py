"""Feeds by HTTP: quotes, candles and news against servers that answer as the documentation says."""

import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from prometheus_client import CollectorRegistry
from websockets.sync.server import ServerConnection

from streams.adapters.feeds import alphavantage
from streams.adapters.feeds.provider import Access, BusyError, Query
from streams.adapters.metrics import Metrics
from streams.apps.feed.patience import retry_after
from streams.apps.feed.request import FeedCounts, FeedRequest, FeedResult
from streams.apps.feed.run import feed
from streams.domain.errors import ServiceError
from tests.fakes import settings
from tests.feed_servers import Answer, Asked, Kept, Until, http_server, never, socket_server

NOW = int(time.time()) - 60
NEW_YORK = ZoneInfo("America/New_York")
KEY = "k3y-that-nobody-may-see"


def run(
    provider: str, url: str, enough: Callable[[FeedCounts], bool] = never, **asked: Any
) -> tuple[FeedResult, Kept]:
    kept, until = Kept(), Until(enough)
    given = {"every_s": 0.01, "duration_s": 60, "news_every_s": 0.01} | asked
    request = FeedRequest(provider, "poll", Access(url, KEY), ("AAPL", "MSFT"), **given)
    result = feed(settings(), request, until, until.stop, Metrics(CollectorRegistry()), kept)
    counts = result.counts
    assert counts.events == (counts.ticks + counts.duplicates + counts.rejected + counts.ignored), (
        counts
    )
    assert len(kept.letters) == counts.rejected
    return result, kept


def quote(symbol: str, price: float, volume: int, ts: int) -> dict[str, Any]:
    return {"symbol": symbol, "name": "x", "price": price, "volume": volume, "timestamp": ts}


def test_fmp_quotes_are_new_ticks_only_when_something_has_changed() -> None:
    def answer(asked: Asked, number: int) -> Answer:
        assert (asked.path, asked.parameters["apikey"]) == ("/stable/quote", KEY)
        step = number // 2
        if step == 1 and number % 2:
            return Answer([])
        grown = 1_000 + 100 * (step // 2)
        return Answer([quote(asked.parameters["symbol"], 100 + step // 2, grown, NOW + step // 2)])

    with http_server(answer) as (url, _):
        result, kept = run("fmp", url, limit=4)
    assert kept.rows() == [
        ("AAPL", NOW * 1_000, 100.0, 0.0),
        ("MSFT", NOW * 1_000, 100.0, 0.0),
        ("AAPL", (NOW + 1) * 1_000, 101.0, 100.0),
        ("MSFT", (NOW + 1) * 1_000, 101.0, 100.0),
    ]
    assert (result.counts.duplicates, result.counts.rejected) == (1, 1)


def test_a_limit_that_the_provider_names_is_kept() -> None:
    times: list[float] = []

    def answer(asked: Asked, number: int) -> Answer:
        times.append(time.monotonic())
        if number == 0:
            return Answer({}, 429, (("Retry-After", "1"),))
        if number == 1:
            return Answer(b"<html>", 502)
        return Answer([quote(asked.parameters["symbol"], 1, 1, NOW + number)])

    with http_server(answer) as (url, _):
        result, _ = run("fmp", url, limit=2)
    assert times[1] - times[0] >= 0.99
    assert result.counts.reconnects == 2


def test_no_more_requests_than_the_plan_allows() -> None:
    times: list[float] = []

    def answer(asked: Asked, number: int) -> Answer:
        times.append(time.monotonic())
        return Answer([quote(asked.parameters["symbol"], 1, 1, NOW + number)])

    began = time.monotonic()
    with http_server(answer) as (url, _):
        run("fmp", url, limits=((3, 0.5),), every_s=0.0, limit=7)
    assert times[3] - began >= 0.5
    assert times[6] - began >= 1.0


@pytest.mark.parametrize("body", [{"Error Message": f"Invalid API KEY {KEY}."}, None])
def test_a_key_that_is_refused_ends_it(body: Any) -> None:
    refused = Answer(body, 200 if body else 401)
    with (
        http_server(lambda _asked, _number: refused) as (url, _),
        pytest.raises(ServiceError) as error,
    ):
        run("fmp", url)
    assert "fmp: refused us" in str(error.value)
    assert KEY not in str(error.value)


def global_quote(price: str, volume: str, day: str) -> dict[str, Any]:
    return {
        "Global Quote": {
            "01. symbol": "AAPL", "02. open": "187.0", "05. price": price, "06. volume": volume,
            "07. latest trading day": day, "08. previous close": "1", "10. change percent": "1%",
        }
    }  # fmt: skip


def heard(body: Any, at: str, provider: alphavantage.AlphaVantage | None = None) -> Any:
    now = int(datetime.fromisoformat(at).timestamp() * 1_000)
    source = provider or alphavantage.AlphaVantage()
    return source.read(Query("/query", {}, "AAPL"), json.dumps(body).encode(), now)


def test_alpha_vantage_quotes_have_a_day_and_no_time() -> None:
    day = global_quote("188.5", "1000", "2024-03-04")
    closed = 1_709_586_000_000  # 16:00 in New York
    assert heard(day, "2024-03-04T15:00:00+00:00").trades[0].ts == 1_709_564_400_000
    assert heard(day, "2024-03-05T03:00:00+00:00").trades[0].ts == closed
    assert heard(day, "2024-03-09T15:00:00+00:00").trades[0].ts == closed


def test_alpha_vantage_sizes_are_what_the_volume_of_the_day_grew_by() -> None:
    provider = alphavantage.AlphaVantage()
    sizes = [
        heard(global_quote("1", volume, day), "2024-03-05T15:00:00+00:00", provider).trades[0].size
        for volume, day in (("10", "2024-03-04"), ("25", "2024-03-04"), ("7", "2024-03-05"))
    ]
    assert sizes == [0.0, 15.0, 0.0]


def test_alpha_vantage_candles_but_the_one_that_grows() -> None:
    def candle(high: str) -> dict[str, str]:
        return {"1. open": "1", "2. high": high, "3. low": "1", "4. close": "2", "5. volume": "60"}

    series = {f"2024-08-02 19:5{n}:00": candle("3" if n != 2 else "1") for n in range(5)}
    body = {"Meta Data": {"6. Time Zone": "US/Eastern"}, "Time Series (1min)": series}
    result = heard(body, "2024-08-03T00:00:00+00:00", alphavantage.AlphaVantage("1min"))
    first = datetime(2024, 8, 2, 23, 50, tzinfo=UTC).timestamp() * 1_000
    assert [(t.ts, t.range, t.price, t.size) for t in result.trades] == [
        (first + 60_000 * n, (1.0, 3.0, 1.0), 2.0, 60.0) for n in (0, 1, 3)
    ]
    assert [bad.reason for bad in result.bad] == ["bad_candle"]


def test_alpha_vantage_within_its_limits_which_come_as_answers() -> None:
    def answer(asked: Asked, number: int) -> Answer:
        assert asked.parameters["function"] == "GLOBAL_QUOTE"
        if number == 0:
            return Answer({"Error Message": "Invalid API call: symbol"})
        return Answer(global_quote("188.5", "7", datetime.now(UTC).date().isoformat()))

    with http_server(answer) as (url, asked):
        result, kept = run(
            "alphavantage", url, lambda c: c.duplicates == 3, limits=((5, 60.0), (25, 86_400.0))
        )
    assert [letter.reason for letter in kept.letters] == ["no_quote"]
    assert (result.counts.ticks, result.counts.duplicates, len(asked)) == (1, 3, 5)
    with pytest.raises(BusyError, match="25 requests per day"):
        heard({"Information": "... 25 requests per day ..."}, "2024-03-05T15:00:00+00:00")


def test_retry_after_is_a_number_or_a_date() -> None:
    assert retry_after("7") == 7.0
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0
    assert retry_after("soon") is None
    assert retry_after(None) is None


def story(number: int, *symbols: str, title: str = "Profit soars to a record") -> dict[str, Any]:
    at = datetime.fromtimestamp(NOW + 600, UTC)
    return {
        "id": f"n{number}", "title": title, "tickers": list(symbols), "symbol": symbols[0],
        "published_utc": at.strftime("%Y-%m-%dT%H:%M:%SZ"), "url": f"http://x/{number}",
        "publishedDate": at.astimezone(NEW_YORK).strftime("%Y-%m-%d %H:%M:%S"),
    }  # fmt: skip


def test_polygon_news_becomes_sentiment_of_the_symbols_that_are_followed() -> None:
    def answer(asked: Asked, number: int) -> Answer:
        assert asked.headers["Authorization"] == f"Bearer {KEY}"
        told = [story(1, "AAPL", "TSLA"), story(2, "MSFT", title="Fraud probe: shares crash")]
        return Answer({"results": [*told, {"id": 3}], "status": "OK"})

    kept, until = Kept(), Until(lambda counts: counts.stories == 2)
    with http_server(answer) as (url, _), socket_server() as (socket, _):
        request = FeedRequest(
            "polygon", "socket", Access(socket, KEY), ("AAPL", "MSFT"), {"AAPL": "Apple"},
            Access(url, KEY), news_every_s=0.1,
        )  # fmt: skip
        feed(settings(), request, until, until.stop, Metrics(CollectorRegistry()), kept)
    assert [(event.symbol, event.ts) for event in kept.events] == [
        ("Apple", (NOW + 600) * 1_000),
        ("MSFT", (NOW + 600) * 1_000),
    ]
    good, bad = (event.sentiment_score for event in kept.events)
    assert good is not None and bad is not None  # noqa: PT018
    assert good > 0.3 > -0.3 > bad
    assert {letter.reason for letter in kept.letters} == {"bad_news"}


def test_news_that_fail_say_nothing_about_the_ticks(caplog: pytest.LogCaptureFixture) -> None:
    """The gauge of a socket that is open stays at 1, and the words of an error show no key."""
    registry, opened, stop = CollectorRegistry(), threading.Event(), threading.Event()
    gauge: list[float | None] = []

    def talk(socket: ServerConnection) -> None:
        socket.recv()  # we are connected, and send the key
        opened.set()

    def answer(_asked: Asked, _number: int) -> Answer:
        assert opened.wait(30)
        return Answer({"status": "NOT_AUTHORIZED", "message": f"{KEY}: slow down"}, 429)

    def report(counts: FeedCounts) -> None:
        if counts.reconnects:
            names = {"provider": "polygon"}
            gauge.append(registry.get_sample_value("tapedeck_feed_connected", names))
            stop.set()

    with http_server(answer) as (url, _), socket_server(talk) as (socket, _):
        request = FeedRequest(
            "polygon", "socket", Access(socket, KEY), ("AAPL",), {}, Access(url, KEY)
        )
        feed(settings(), request, report, stop, Metrics(registry), Kept())
    assert gauge == [1.0]
    assert KEY not in caplog.text


def test_fmp_news_beside_its_quotes() -> None:
    def answer(asked: Asked, number: int) -> Answer:
        if asked.path == "/stable/news/stock":
            assert asked.parameters["symbols"] == "AAPL,MSFT"
            return Answer([story(1, "AAPL"), story(2, "MSFT")])
        return Answer([quote(asked.parameters["symbol"], 1, 1, NOW)])

    with http_server(answer) as (url, _):
        result, kept = run("fmp", url, lambda c: c.ticks == c.stories == 2, news=Access(url, KEY))
    assert [(e.symbol, e.ts) for e in kept.events] == [
        ("AAPL", (NOW + 600) * 1_000),
        ("MSFT", (NOW + 600) * 1_000),
    ]
    assert (result.counts.ticks, result.counts.stories) == (2, 2)
