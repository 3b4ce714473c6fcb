"""The dashboard and a real PostgreSQL: a restart shows the day, pages of history, lists."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from panel_app.database import Database
from panel_app.history import History, Pauses
from panel_app.market import Market
from panel_app.store import Key
from panel_app.watchlist import Watchlist
from streams.adapters.database import connect_engine
from streams.adapters.database.rows import bar_row, indicator_row, signal_row
from streams.adapters.database.tables import (
    anomalies,
    context,
    day_summaries,
    notifications,
    scorecards,
)
from streams.adapters.database.writer import Batch, Writer
from streams.domain.bar import Bar
from streams.domain.errors import ServiceError
from streams.domain.indicator_row import IndicatorRow
from streams.domain.signal import Side, Signal, signal_id
from tests.unit.panel_app.data_server import DataServer, data_server
from tests.waiting import wait_for

MINUTE, DAY = 60_000, 86_400_000
QUICK = Pauses(look=0.1, refresh=0.0, seeds=(0.0, 0.3, 0.3))
DAYS = 19_000


def bar(symbol: str, number: int, interval: str = "1m") -> Bar:
    """Bar `number` of a symbol: 300 of the day before, then today."""
    length = MINUTE * int(interval[:-1])
    start = DAYS * DAY + (number * length if number >= 0 else DAY * -1 + (300 + number) * length)
    close = 100.0 + (number * 37) % 11
    return Bar(
        symbol, interval, start, start + length, close - 1, close + 1, close - 2, close, 2.0,
        close, 3, start + length - 1,
    )  # fmt: skip


def signal(of: Bar, side: Side = Side.BUY) -> Signal:
    return Signal(
        signal_id(of.symbol, of.interval, of.start, "breakout"), of.end, of.symbol, of.interval,
        "breakout", side, of.close, 0.1, True, "why",
    )  # fmt: skip


def indicators(of: Bar) -> IndicatorRow:
    return IndicatorRow(
        of.symbol, of.interval, of.start, of.end, of.open, of.high, of.low, of.close, of.volume,
        of.vwap, of.trades, True, {"ema38": of.close - 0.5}, {"rsi": "UP"},
    )  # fmt: skip


def store(url: str, *values: Bar | IndicatorRow | Signal) -> None:
    batch = Batch()
    for value in values:
        if isinstance(value, Bar):
            batch.add(bar_row(value))
        elif isinstance(value, Signal):
            batch.add(signal_row(value, "/tapedeck/signals"))
        else:
            batch.add(indicator_row(value))
    engine = connect_engine(url)
    Writer(engine).write(batch)
    engine.dispose()


def fill(url: str, table: Any, *rows: dict[str, Any]) -> None:
    engine = connect_engine(url)
    with engine.begin() as connection:
        connection.execute(insert(table), list(rows))
    engine.dispose()


def market() -> Market:
    return Market(Watchlist("1m", "5m"))


@pytest.fixture
def history(migrated: str) -> Iterator[tuple[Market, History]]:
    own = market()
    made = History(lambda: migrated, own, "1m", "5m", pauses=QUICK)
    yield own, made
    made.close()


def test_a_restart_shows_the_day_at_once(migrated: str, history: tuple[Market, History]) -> None:
    bars = [bar("A", n) for n in range(-300, 240)]
    fives = [bar("A", n, "5m") for n in range(60)]
    store(migrated, *bars, *fives, signal(bars[-3]), *(bar("B", n) for n in range(3)))
    own, made = history
    made.start()
    wait_for(lambda: not own.watchlist.unseeded(["A", "B"]), "the day of both")
    shown = market()
    for each in (*bars, *fives):
        shown.watchlist.put_bar(each)
    expected, found = shown.watchlist.quote("A"), own.watchlist.quote("A")
    assert found.pop("rsi") == pytest.approx(expected.pop("rsi"), abs=1.0)
    assert found == expected
    assert found["previous"] == bars[299].close
    assert own.watchlist.spark("A") == shown.watchlist.spark("A")
    assert own.store.symbols(-1) == ["A", "B"]
    wait_for(lambda: own.alerts.read(0)[0], "the signal")


def test_days_that_the_archive_is_behind_with_come_later(
    migrated: str, history: tuple[Market, History]
) -> None:
    bars = [bar("A", n) for n in range(100)]
    own, made = history
    store(migrated, *bars[:10])
    for each in bars[60:]:
        own.watchlist.put_bar(each)
    made.start()
    wait_for(lambda: own.store.symbols(-1) == ["A"], "the symbol")
    assert own.watchlist.quote("A")["volume"] == 80.0
    store(migrated, *bars[10:95])
    wait_for(lambda: own.watchlist.quote("A")["volume"] == 200.0, "the whole day")


def test_a_series_is_loaded_with_its_averages_votes_and_signals(
    migrated: str, history: tuple[Market, History]
) -> None:
    own, made = history
    bars = [bar("A", n) for n in range(5)]
    store(migrated, *bars, *map(indicators, bars), signal(bars[2]))
    made.start()
    wait_for(lambda: made.database.up, "PostgreSQL")
    made.load(Key("A", "1m")).result(30)
    change = own.store.read(Key("A", "1m"), -1, -1)
    assert change is not None
    assert [row[7] for _, _, row, _ in change.bars] == [b.close - 0.5 for b in bars]
    assert change.markers is not None
    assert [mark.start for mark in change.markers] == [bars[2].start]
    newest = own.store.newest(Key("A", "1m"))
    assert newest.final == bars[-1]
    assert newest.row is not None
    assert newest.row.votes == {"rsi": "UP"}


def test_postgresql_may_come_later_go_and_come_back(migrated: str) -> None:
    where: list[str | None] = [None]
    own = market()

    def address() -> str:
        if where[0] is None:
            raise ServiceError("PostgreSQL is not running: start it")
        return where[0]

    made = History(address, own, "1m", "5m", pauses=QUICK)
    made.start()
    try:
        wait_for(lambda: "not running" in made.database.why, "a look")
        own.store.watch(Key("A", "1m"))
        store(migrated, bar("A", 0))
        where[0] = migrated
        wait_for(lambda: own.store.bars_of(Key("A", "1m")), "the series that is looked at")
        where[0] = "postgresql://tapedeck:secret@127.0.0.1:1/none"
        wait_for(lambda: not made.database.up, "its end")
        assert "secret" not in made.database.why
        with pytest.raises(ServiceError, match="PostgreSQL"):
            made.database.run(lambda connection: None)
        store(migrated, bar("A", 1))
        where[0] = migrated
        wait_for(lambda: len(own.store.bars_of(Key("A", "1m"))) == 2, "what came meanwhile")
    finally:
        made.close()


def test_a_database_without_tables_is_waited_for(database: str) -> None:
    made = Database(lambda: database, lambda: None, 0.1)
    made.start()
    wait_for(lambda: "does not exist" in made.why, "what is missing")
    from streams.adapters.database import upgrade

    upgrade(database)
    wait_for(lambda: made.up, "the tables")
    made.stop()


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
