"""Anomalies as people are told of them."""

from dataclasses import replace

import pytest

from functions.notify.reading import notification_of
from functions.notify.routing import Routing
from streams.adapters.anomaly_events import anomaly_record
from streams.adapters.cloud_event import CloudEvent, EventError
from streams.apps.deliver import event_of
from streams.apps.delivery_sink import Delivery
from streams.domain.anomaly import Anomaly
from streams.domain.notify_rules import NotifyRules, Route
from streams.domain.signal import Side, Signal
from tests.unit.functions.test_aggregate import event as signal_event

SPIKE = Anomaly(
    "A/5m/0/anomaly.price_spike", 300_000, "A", "5m", "price_spike", "critical", 120.0, 100.0,
    105.0, 0, 120.0, "+20.0 % off the mean",
)  # fmt: skip


def event(anomaly: Anomaly) -> CloudEvent:
    """As `run deliver` posts it."""
    record = anomaly_record(anomaly, [("produced", b"1000")])
    return event_of(Delivery("signals", 0, 0, b"A", record.value, record.headers))


@pytest.mark.parametrize(
    ("severity", "told"),
    [("low", ()), ("medium", ()), ("high", ("console",)), ("critical", ("console",))],
)
def test_only_high_and_critical_ones_are_told_by_default(
    severity: str, told: tuple[str, ...]
) -> None:
    notification = notification_of(event(replace(SPIKE, severity=severity)), lambda: 5_000)
    routing = Routing(NotifyRules(), ("console",), False)
    assert (notification.severity, notification.anomaly) == (severity, True)
    assert routing.channels_of(notification) == told


def test_routes_know_the_kind() -> None:
    routes = (Route(("file",), kinds=("anomaly.price_*",), min_strength=3.9),)
    routing = Routing(NotifyRules(routes), ("console", "file"), False)
    low = notification_of(event(replace(SPIKE, severity="low")), lambda: 5_000)
    assert routing.channels_of(low) == ("file",)
    assert low.signal.strength == pytest.approx(4.0)


def test_the_words() -> None:
    notification = notification_of(event(SPIKE), lambda: 5_000)
    assert notification.subject == "CRITICAL A at 120, 5m anomaly.price_spike"
    assert notification.text.startswith(
        "ANOMALY A at 120, 5m anomaly.price_spike (critical): +20.0 % off the mean | 1970"
    )
    assert (notification.latency_ms, notification.source) == (4_000, "/tapedeck/anomalies")


def test_a_price_that_is_not_known_is_not_told() -> None:
    economic = Signal(
        "*/context/0/1/economic", 5, "*", "5m", "economic", Side.SELL, 0.0, 3.0, True, "why"
    )
    notification = notification_of(signal_event(economic), lambda: 5_000)
    assert notification.subject == "SELL *, 5m economic"
    assert notification.text.startswith("SELL *, 5m economic: why | 1970")


def test_an_anomaly_that_is_none_is_poison() -> None:
    broken = replace(event(SPIKE), data=b'{"id": "x"}')
    with pytest.raises(EventError, match="data: expected an anomaly, was off") as caught:
        notification_of(broken, lambda: 0)
    assert caught.value.status == 422
