"""What the dashboard's server reads in a real PostgreSQL: pages of history, lists, equity."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streams.adapters.database.tables import (
    anomalies,
    context,
    day_summaries,
    notifications,
    scorecards,
)
from streams.domain.signal import Side
from tests.broker.panel_rows import DAY, bar, fill, indicators, signal, store
from tests.unit.panel_app.data_server import DataServer, data_server
from tests.waiting import wait_for


@pytest.fixture
def server(migrated: str, tmp_path: Path) -> Iterator[DataServer]:
    with data_server(tmp_path, migrated) as running:
        running.history.start()
        wait_for(lambda: running.history.database.up, "PostgreSQL")
        yield running


def test_a_page_of_history_has_warm_studies_and_its_signals(
    migrated: str, server: DataServer
) -> None:
    bars = [bar("A", n) for n in range(400)]
    store(migrated, *bars, *map(indicators, bars), signal(bars[150]), signal(bars[300], Side.SELL))
    page = server.get(
        f"bars?symbol=A&interval=1m&before={bars[250].start}&limit=120&studies=sma50,no"
    )
    assert [row[0] for row in page["bars"]] == [b.start for b in bars[130:250]]
    assert page["bars"][0][1:] == [
        *(getattr(bars[130], name) for name in ("open", "high", "low", "close", "volume", "vwap")),
        3.0, bars[130].close - 0.5, None,
    ]  # fmt: skip
    assert page["studies"]["names"] == ["sma50"]
    assert page["studies"]["rows"][0] == [pytest.approx(sum(b.close for b in bars[81:131]) / 50)]
    assert [mark["start"] for mark in page["markers"]] == [bars[150].start]
    assert page["more"]
    first = server.get(f"bars?symbol=A&interval=1m&before={bars[3].start}")
    assert (len(first["bars"]), first["more"]) == (3, False)
    assert server.get("bars?symbol=NONE") == {
        "bars": [], "studies": {"names": [], "rows": []}, "markers": [], "more": False
    }  # fmt: skip


def test_csv_has_what_is_older_than_memory_too(migrated: str, server: DataServer) -> None:
    bars = [bar("A", n) for n in range(10)]
    store(migrated, *bars)
    for each in bars[6:]:
        server.market.store.put_bar(each)
    url = f"bars.csv?symbol=A&interval=1m&from={bars[2].start}&to={bars[9].start}"
    lines = server.client.get(url).text.splitlines()
    assert [int(line.split(",")[2]) for line in lines[1:]] == [b.start for b in bars[2:9]]


def test_alerts_tell_what_became_of_their_notifications(migrated: str, server: DataServer) -> None:
    bars = [bar("A", n) for n in range(5)]
    store(migrated, *(signal(each) for each in bars), signal(bar("B", 9), Side.SELL))
    told = {
        "event_source": "/tapedeck/signals", "signal_id": signal(bars[1]).id, "channel": "file",
        "symbol": "A", "kind": "breakout", "time_ms": bars[1].end, "status": "delivered",
        "attempts": 1, "delivered_ms": 5, "severity": "critical",
    }  # fmt: skip
    fill(migrated, notifications, told)
    found = server.get("alerts?limit=2")
    assert (found["source"], found["more"]) == ("postgresql", True)
    assert [each["symbol"] for each in found["alerts"]] == ["B", "A"]
    (alert,) = server.get("alerts?severity=critical")["alerts"]
    assert (alert["id"], alert["severity"]) == (signal(bars[1]).id, "critical")
    assert alert["notifications"] == [
        {"channel": "file", "status": "delivered", "attempts": 1, "delivered": 5, "error": None,
         "severity": "critical"}
    ]  # fmt: skip
    assert [a["symbol"] for a in server.get("alerts?side=sell")["alerts"]] == ["B"]
    older = server.get(f"alerts?symbol=A&before={bars[3].end}&limit=2")
    assert [a["start"] for a in older["alerts"]] == [bars[2].start, bars[1].start]


def test_anomalies_are_alerts_and_marks(migrated: str, server: DataServer) -> None:
    bars = [bar("A", n) for n in range(4)]
    store(migrated, *bars, signal(bars[0]))
    for each, severity in ((bars[1], "low"), (bars[2], "high")):
        spike = {
            "id": f"{each.start}", "time_ms": each.end, "symbol": "A", "interval": "1m",
            "kind": "price_spike", "severity": severity, "value": 9.0, "expected": 5.0,
            "threshold": 6.0, "start_ms": each.start, "price": 9.0, "reason": "why",
            "event_source": "/tapedeck/anomalies",
        }  # fmt: skip
        fill(migrated, anomalies, spike)

    def severities(query: str) -> list[str | None]:
        return [each["severity"] for each in server.get(f"alerts?{query}")["alerts"]]

    assert severities("") == ["high", "low", None]
    assert severities("limit=1") == ["high"]
    assert severities("severity=low&symbol=A&side=neutral") == ["low"]
    assert severities("kind=anomaly.price_spike") == ["high", "low"]
    assert severities("kind=anomaly.latency") == severities("symbol=B") == []
    assert severities("side=buy") == severities("kind=breakout") == [None]
    (alert, *_) = server.get("alerts")["alerts"]
    assert (alert["kind"], alert["start"]) == ("anomaly.price_spike", bars[2].start)
    marks = server.get(f"bars?symbol=A&interval=1m&before={bars[3].end}")["markers"]
    assert [mark["start"] for mark in marks] == [bars[0].start, bars[2].start]


def test_the_context_of_a_symbol(migrated: str, server: DataServer) -> None:
    rows: list[dict[str, Any]] = [
        {"kind": "order_book", "order_type": "buy", "price": 2.0, "quantity": 3.0},
        {"kind": "news_sentiment", "sentiment_score": -0.5, "sentiment_magnitude": 0.9},
        {"kind": "market_data", "market_cap": 1e9, "pe_ratio": 12.0},
        {"kind": "economic_indicator", "indicator_name": "GDP", "value": 1.5, "symbol": "*"},
        {"kind": "news_sentiment", "sentiment_score": 1.0, "symbol": "B"},
    ]
    for n, row in enumerate(rows):
        fill(migrated, context, {"id": f"c/{n}", "time_ms": n, "symbol": "A"} | row)
    found = server.get("context?symbol=A")
    assert found == {
        "order_book": [{"time": 0, "order_type": "buy", "price": 2.0, "quantity": 3.0}],
        "news": [{"time": 1, "sentiment_score": -0.5, "sentiment_magnitude": 0.9}],
        "fundamentals": [{"time": 2, "market_cap": 1e9, "pe_ratio": 12.0}],
        "economy": [{"time": 3, "indicator_name": "GDP", "value": 1.5}],
    }


def test_performance_of_one_symbol_and_of_all(migrated: str, server: DataServer) -> None:
    day = {
        "interval": "1m", "bars": 5, "open": 1.0, "high": 3.0, "low": 1.0, "last": 2.0,
        "change": 1.0, "volume": 9.0, "vwap": 2.0, "trades": 7, "signals": {},
    }  # fmt: skip
    for symbol, at in (("A", 0), ("A", DAY), ("B", 0)):
        fill(migrated, day_summaries, {"symbol": symbol, "day_ms": at} | day)
    card = {
        "rule": "breakout", "interval": "1m", "horizon": 5, "warm": True, "signals": 4, "hits": 3,
        "hit_rate": 0.75, "low": 0.3, "high": 0.95, "mean_return": 0.01, "base_rate": 0.5,
    }  # fmt: skip
    for symbol in ("A", "*"):
        fill(migrated, scorecards, {"symbol": symbol} | card)
    everything = server.get("performance")
    assert "not advice" in everything["advice"]
    assert [(s["symbol"], s["day"]) for s in everything["summaries"]] == [("A", DAY), ("B", 0)]
    assert [c["symbol"] for c in everything["scorecards"]] == ["*"]
    one = server.get("performance?symbol=A")
    assert [s["day"] for s in one["summaries"]] == [DAY, 0]
    assert one["scorecards"][0]["hit_rate"] == 0.75


def test_equity_from_the_archive(migrated: str, server: DataServer) -> None:
    bars = [bar("A", n) for n in range(50)]
    store(migrated, *bars, signal(bars[10]), signal(bars[20], Side.SELL))
    found = server.get("equity?symbol=A&interval=1m&short=0&limit=45")
    assert (found["source"], found["trades"]) == ("postgresql", 1)
    assert [point[0] for point in found["points"]] == [b.start for b in bars[5:]]
    assert found["total_return"] == pytest.approx(bars[21].open / bars[11].open - 1)
