"""The list of alerts: by time, bounded, filtered."""

import pytest

from panel_app.alerts import KEPT, Alert, AlertFilter, Alerts, bar_start
from panel_app.market import Market, Origin
from panel_app.store import Key
from panel_app.watchlist import Watchlist
from streams.domain.anomaly import Anomaly
from streams.domain.signal import Side, Signal
from streams.domain.tick import MAX_TS


def alert(
    minute: int, symbol: str = "A", side: Side = Side.BUY, severity: str | None = None
) -> Alert:
    end = (minute + 1) * 60_000
    return Alert(
        Signal(f"{symbol}{minute}", end, symbol, "1m", "breakout", side, 2.0, 0.1, True, "why"),
        severity,
    )


def ids(alerts: list[Alert]) -> list[str]:
    return [each.signal.id for each in alerts]


def test_newest_are_by_time_whatever_came_first() -> None:
    alerts = Alerts()
    for minute in (5, 1, 3, 5):
        alerts.put(alert(minute))
    assert ids(alerts.newest(AlertFilter(), MAX_TS, 10)) == ["A5", "A3", "A1"]
    assert ids(alerts.newest(AlertFilter(), 4 * 60_000, 10)) == ["A1"]
    assert ids(alerts.newest(AlertFilter(), MAX_TS, 1)) == ["A5"]


def test_a_reader_gets_what_arrived_in_order_of_arrival() -> None:
    alerts = Alerts()
    alerts.put(alert(5))
    number, first = alerts.read(0)
    assert ids(first) == ["A5"]
    alerts.put(alert(1))
    alerts.put(alert(9))
    again, then = alerts.read(number)
    assert ids(then) == ["A1", "A9"]
    assert alerts.read(again) == (again, [])


def test_no_more_are_kept_than_said_and_the_oldest_go() -> None:
    alerts = Alerts()
    for minute in range(KEPT + 100):
        alerts.put(alert(minute))
    assert len(alerts.newest(AlertFilter(), MAX_TS, 10_000)) == KEPT
    number, arrived = alerts.read(0)
    assert number == KEPT + 100
    assert (len(arrived), arrived[0].signal.id) == (KEPT, "A100")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (AlertFilter(), ["B2", "A1"]),
        (AlertFilter(symbol="A"), ["A1"]),
        (AlertFilter(side="sell"), ["B2"]),
        (AlertFilter(severity="critical"), ["B2"]),
        (AlertFilter(kind="breakout", side="buy"), ["A1"]),
        (AlertFilter(kind="news"), []),
    ],
)
def test_filters(wanted: AlertFilter, found: list[str]) -> None:
    alerts = Alerts()
    alerts.put(alert(1))
    alerts.put(alert(2, "B", Side.SELL, "critical"))
    assert ids(alerts.newest(wanted, MAX_TS, 10)) == found


def anomaly(severity: str, minute: int = 5, symbol: str = "A") -> Anomaly:
    end = (minute + 1) * 60_000
    return Anomaly(
        f"{symbol}{minute}{severity}", end, symbol, "1m", "price_spike", severity, 9.0, 5.0, 6.0,
        end - 60_000, 9.0, "why",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("time", "start"), [(360_000, 300_000), (359_999, 300_000), (300_001, 300_000)]
)
def test_the_bar_of_an_alert_is_the_one_that_ends_with_it_or_holds_it(
    time: int, start: int
) -> None:
    signal = Signal("i", time, "A", "1m", "news", Side.BUY, 2.0, 0.1, True, "why")
    assert bar_start(signal) == start == Alert(signal).payload()["start"]


def test_an_anomaly_is_an_alert_with_its_severity_and_a_mark_unless_it_is_low() -> None:
    market = Market(Watchlist("1m", "1m"))
    for severity in ("low", "high"):
        market.anomaly(anomaly(severity, 5 if severity == "low" else 6), Origin(live=True))
    newest, low = market.alerts.newest(AlertFilter(), MAX_TS, 10)
    assert (newest.severity, newest.live, low.severity) == ("high", True, "low")
    payload = newest.payload()
    assert (payload["kind"], payload["side"], payload["start"]) == (
        "anomaly.price_spike", "neutral", 360_000,
    )  # fmt: skip
    change = market.store.read(Key("A", "1m"), -1, -1)
    assert change is not None
    assert change.markers is not None
    assert [(mark.start, mark.kind) for mark in change.markers] == [
        (360_000, "anomaly.price_spike")
    ]
    wanted = AlertFilter(severity="high", kind="anomaly.price_spike")
    assert len(market.alerts.newest(wanted, MAX_TS, 10)) == 1


def test_the_economy_has_no_chart_and_neutral_signals_no_mark() -> None:
    market = Market(Watchlist("1m", "1m"))
    economic = Signal("e", 60_000, "*", "1m", "economic", Side.BUY, 0.0, 3.0, True, "why")
    market.signal(economic, Origin())
    market.signal(alert(1, side=Side.NEUTRAL).signal, Origin())
    assert market.store.symbols(-1) == []
    assert len(market.alerts.newest(AlertFilter(), MAX_TS, 10)) == 2
