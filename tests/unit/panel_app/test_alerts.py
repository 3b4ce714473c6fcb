"""The list of alerts: by time, bounded, filtered."""

import pytest

from panel_app.alerts import KEPT, Alert, AlertFilter, Alerts
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
