"""What is told to which channels, and what to none: routes, severities, poison."""

import json

from streams.adapters.cloud_event import CloudEvent
from tests.broker.notify_desk import Desk, name_of


def test_routes_decide_which_channels_are_told(desk: Desk) -> None:
    config = """
        [[notify.routes]]
        symbols = ["T*"]
        channels = []
        [[notify.routes]]
        severity = ["low"]
        channels = ["file"]
    """
    desk.start(config, "webhook,file")
    assert [desk.post(0), desk.post(0, "TEST"), desk.post(0, "B", severity="low")] == [202] * 3
    assert desk.rows == {
        f"{name_of(0)} file": "delivered",
        f"{name_of(0)} webhook": "delivered",
        f"{name_of(0, 'B')} file": "delivered",
    }
    muted = 'tapedeck_notifications_total{channel="",status="muted"} 1.0'
    assert muted in desk.client.get("/metrics").text


def test_only_high_and_critical_anomalies_are_told(desk: Desk) -> None:
    desk.start()
    for severity in ("low", "medium", "high", "critical"):
        assert desk.post(0, severity, kind="anomaly.spike", severity=severity) == 202
    assert desk.post(0, "none", kind="anomaly.spike") == 202
    assert desk.told == [[name_of(0, name, "anomaly.spike")] for name in ("high", "critical")]
    assert len(desk.rows) == 2


def test_what_was_decided_stays_when_the_rules_change(desk: Desk) -> None:
    desk.sink.answer(500)
    desk.start(channels="webhook,file")
    assert desk.post(0) == 503
    desk.sink.answer(204)
    desk.start('[[notify.routes]]\nchannels = ["console"]', "webhook,file,console")
    assert desk.post(0) == 202
    assert desk.rows == {f"{name_of(0)} file": "delivered", f"{name_of(0)} webhook": "delivered"}


def test_what_cannot_be_told_or_stored_is_poison(desk: Desk) -> None:
    desk.start()
    usual = {
        "id": "i", "time": 1, "symbol": "A", "interval": "5m", "kind": "k", "side": "buy",
        "price": 1.0, "strength": 0.0, "warm": True, "reason": "",
    }  # fmt: skip
    wrong: list[dict[str, object]] = [
        {"symbol": "A\0"}, {"reason": "\0"}, {"time": -1}, {"time": 1 << 62}, {"price": "1"},
        {"symbol": "A" * 301}, {"kind": "k" * 301}, {"interval": "\0"}, {"side": "up"},
    ]  # fmt: skip
    attributes = {"specversion": "1.0", "id": "1", "source": "/s", "type": "t"}
    for each in wrong:
        data = json.dumps({**usual, **each}).encode()
        assert desk.send(CloudEvent(attributes, data)) == 422, each
    for name in ("id", "source"):
        assert desk.post(0, **{name: "x" * 301}) == 422
    assert desk.rows == {}
    assert desk.send(CloudEvent(attributes, json.dumps(usual).encode())) == 202
