"""The REST API on a real PostgreSQL: which rows each path gives, and what is in them."""

import pytest
from flask.testing import FlaskClient

from tests.broker.query.asking import all_pages, ask, csv_rows
from tests.broker.query.store import BARS, DAY, MINUTE, SLASH, TICKS_ONLY, fill_ticks

_TIMES = [n * MINUTE for n in range(BARS)]


def test_a_bar_has_the_columns_of_the_export_and_exact_floats(client: FlaskClient) -> None:
    answer = ask(client, "/bars/A?limit=1")
    assert answer.text.startswith(
        '{"items":[{"symbol":"A","interval":"1m","start_ms":1440000,"end_ms":1500000,"open":0.1,'
        '"high":1e22,"low":0.1,"close":102.4,"volume":3.0,"vwap":0.3,"trades":2,'
        '"last_ts_ms":1440007}],"next":"'
    )


@pytest.mark.parametrize(
    ("query", "starts"),
    [
        ("", _TIMES[::-1]),
        ("order=asc", _TIMES),
        ("from=60000&to=180000", [120_000, 60_000]),
        ("from=1970-01-01T00:01Z&to=1970-01-01T01:03+01:00", [120_000, 60_000]),
        ("from=1970-01-01T00:01&to=1970-01-01T00:03&order=asc", [60_000, 120_000]),
        ("to=0", []),
        ("interval=5min", [0]),
        ("interval=300s", [0]),
        ("interval=1h", []),
    ],
)
def test_bars_of_a_time_and_an_interval(client: FlaskClient, query: str, starts: list[int]) -> None:
    answer = ask(client, f"/bars/A?{query}")
    assert [item["start_ms"] for item in answer.json["items"]] == starts  # type: ignore[index]


def test_aggregated_is_bars_by_another_name(client: FlaskClient) -> None:
    for window, interval in {"1min": "1m", "5min": "5m", "15min": "15m", "1h": "1h"}.items():
        ours = ask(client, f"/aggregated/A?window={window}")
        assert ours.data == ask(client, f"/bars/A?interval={interval}").data


def test_the_latest_price_is_a_tick_or_else_a_close(client: FlaskClient) -> None:
    tick = {"symbol": TICKS_ONLY, "ts_ms": 5, "price": 1.5, "size": None}
    assert ask(client, f"/latest/{TICKS_ONLY}").json == tick
    close = {"symbol": "A", "ts_ms": 1_440_007, "price": 102.4, "size": None}
    assert ask(client, "/latest/A").json == close


def test_the_latest_of_equal_times_is_the_last_of_the_source(client: FlaskClient, url: str) -> None:
    fill_ticks(url, "TIES", batches=20, seed=5)
    got = ask(client, "/latest/TIES").json
    newest = ask(client, "/ticks/TIES?limit=1").json
    assert got is not None
    assert newest is not None
    assert (got["ts_ms"], got["price"]) == (
        newest["items"][0]["ts_ms"],
        newest["items"][0]["price"],
    )


def test_symbols_are_those_with_bars_with_what_they_have(client: FlaskClient) -> None:
    found = all_pages(client, "/symbols?limit=1")
    assert found == ask(client, "/symbols").json["items"]  # type: ignore[index]
    symbols = {item["symbol"]: item for item in found}
    assert symbols["A"]["intervals"] == ["1m", "5m"]
    assert symbols[SLASH] == {
        "symbol": SLASH, "intervals": ["15m"], "last_ts_ms": 7, "close": 100.0,
    }  # fmt: skip
    assert TICKS_ONLY not in symbols


@pytest.mark.parametrize("path", ["/bars/BTC/USDT?interval=15m", "/bars/BTC%2FUSDT?interval=15m"])
def test_a_symbol_may_have_a_slash(client: FlaskClient, path: str) -> None:
    (item,) = ask(client, path).json["items"]  # type: ignore[index]
    assert item["symbol"] == SLASH


def test_a_known_symbol_without_rows_is_an_empty_list_and_an_unknown_one_404(
    client: FlaskClient,
) -> None:
    for name in ("bars", "ticks", "indicators", "summary", "context", "predictions", "latest"):
        answer = ask(client, f"/{name}/NONE")
        assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
        assert answer.json is not None
        assert answer.json["detail"] == "symbol: nothing is known about 'NONE'"
        if name not in ("ticks", "latest"):
            assert ask(client, f"/{name}/{TICKS_ONLY}").json == {"items": [], "next": None}
    assert ask(client, "/signals?symbol=NONE").status_code == 404
    assert ask(client, f"/signals?symbol={TICKS_ONLY}").json == {"items": [], "next": None}


def test_signals_are_filtered(client: FlaskClient) -> None:
    def kinds(query: str) -> list[str]:
        return [s["kind"] for s in ask(client, f"/signals?{query}").json["items"]]  # type: ignore[index]

    assert kinds("") == ["breakout", "news"] * 3
    assert kinds("kind=news") == ["news"] * 3
    assert kinds("side=buy&to=60001") == ["breakout"]
    assert kinds("symbol=A&interval=5m&limit=2") == ["breakout", "news"]
    assert kinds("interval=1m") == []


def test_a_symbol_without_predictions_is_an_empty_list(client: FlaskClient) -> None:
    assert ask(client, "/predictions/A").json == {"items": [], "next": None}
    for query in ("horizon=0", "horizon=x", "interval=7m", "model=a%20b", "kind=x"):
        assert ask(client, f"/predictions/A?{query}").status_code == 422


def test_anomalies_are_filtered_and_as_they_are_exported(client: FlaskClient) -> None:
    def severities(query: str) -> list[str]:
        return [a["severity"] for a in all_pages(client, f"/anomalies?limit=1&{query}")]

    assert severities("") == ["high", "low"]
    assert severities("symbol=A&order=asc") == ["low", "high"]
    assert severities("severity=high&interval=1m&kind=latency") == ["high"]
    assert severities("kind=price_spike") == severities("interval=5m") == []
    assert ask(client, "/anomalies?severity=dire").status_code == 422
    newest = ask(client, "/anomalies?limit=1").json["items"][0]  # type: ignore[index]
    assert newest == {
        "id": "A/1m/60000/anomaly.latency", "time_ms": 120_000, "symbol": "A", "interval": "1m",
        "kind": "latency", "severity": "high", "value": 150.5, "expected": None,
        "threshold": 100.0, "start_ms": 60_000, "price": 1.5, "reason": "slow",
    }  # fmt: skip


def test_summaries_and_scorecards(client: FlaskClient) -> None:
    days = ask(client, "/summary/A").json["items"]  # type: ignore[index]
    assert [day["day_ms"] for day in days] == [2 * DAY, DAY, 0]
    assert days[0]["signals"] == {"breakout": {"buy": 1}}
    cards = all_pages(client, "/scorecards?limit=1")
    assert [(card["symbol"], card["warm"]) for card in cards] == [
        ("*", False), ("*", True), ("A", False), ("A", True),
    ]  # fmt: skip
    assert len(all_pages(client, "/scorecards?symbol=*&warm=true&horizon=5&rule=breakout")) == 1
    assert all_pages(client, "/scorecards?horizon=1") == []
    header, row = csv_rows(ask(client, "/scorecards?symbol=A&warm=true", accept="text/csv"))
    assert dict(zip(header, row, strict=True))["warm"] == "true"


def test_context_shows_what_is_known_beside_the_ticks(client: FlaskClient) -> None:
    (item,) = ask(client, "/context/A").json["items"]  # type: ignore[index]
    assert (item["kind"], item["sentiment_score"], item["price"]) == ("news_sentiment", 0.5, None)
