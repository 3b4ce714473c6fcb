"""`functions.notify` on a real PostgreSQL: each signal once per channel, cooldown, outages."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select, text

from functions.notify.app import create_app
from streams.adapters.cloud_event import binary_headers
from streams.adapters.database import connect_engine, upgrade
from streams.adapters.database.tables import notifications
from streams.adapters.signal_events import signal_event
from streams.apps.deliver import event_of
from streams.apps.delivery_sink import Delivery
from streams.domain.signal import Side, Signal, signal_id
from tests.fakes import settings
from tests.scripted_sink import Sink, sinking

MINUTE = 60_000


@dataclass
class Notify:
    """The function in this process, its file and its database."""

    client: FlaskClient
    file: Path
    engine: Engine

    def post(self, start: int, symbol: str = "A", *, warm: bool = True) -> int:
        signal = Signal(
            signal_id(symbol, "5m", start, "breakout"), start + 5 * MINUTE, symbol, "5m",
            "breakout", Side.BUY, 1.5, 0.1, warm, "crossed",
        )  # fmt: skip
        headers, value = signal_event(signal, [("produced", b"17")])
        event = event_of(Delivery("signals", 0, 0, b"A", value, headers))
        answer = self.client.post("/", headers=binary_headers(event), data=event.data)
        return answer.status_code

    @property
    def told(self) -> list[str]:
        if not self.file.exists():
            return []
        return [json.loads(line)["id"] for line in self.file.read_text().splitlines()]

    @property
    def rows(self) -> list[tuple[str, str, str, int]]:
        c = notifications.c
        query = select(c.signal_id, c.channel, c.status, c.attempts).order_by(c.time_ms, c.channel)
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(query)]


@pytest.fixture
def notify(database: str, tmp_path: Path) -> Callable[..., Notify]:
    upgrade(database)

    def make(**values: object) -> Notify:
        options = {"TAPEDECK_NOTIFY_CHANNELS": "file", **values}
        app = create_app(settings(DATABASE_URL=database, TAPEDECK_HOME=tmp_path, **options))
        return Notify(app.test_client(), tmp_path / "notifications.jsonl", connect_engine(database))

    return make


def test_a_signal_is_told_once_however_often_it_comes(notify: Callable[..., Notify]) -> None:
    n = notify()
    assert [n.post(0) for _ in range(3)] == [202] * 3
    assert n.told == ["A/5m/0/breakout"]
    assert n.rows == [("A/5m/0/breakout", "file", "delivered", 1)]


def test_the_cooldown_is_in_event_time_and_per_symbol(notify: Callable[..., Notify]) -> None:
    n = notify()
    for start in (0, 4 * MINUTE, 5 * MINUTE, 9 * MINUTE, 10 * MINUTE):
        assert n.post(start) == 202
    assert n.post(MINUTE, "B") == 202
    statuses = {row[0]: row[2] for row in n.rows}
    assert statuses == {
        "A/5m/0/breakout": "delivered",
        "A/5m/240000/breakout": "cooldown",
        "A/5m/300000/breakout": "delivered",
        "A/5m/540000/breakout": "cooldown",
        "A/5m/600000/breakout": "delivered",
        "B/5m/60000/breakout": "delivered",
    }


def test_a_replay_changes_no_row(notify: Callable[..., Notify]) -> None:
    n = notify()
    starts = [minute * MINUTE for minute in range(0, 30, 2)]
    for start in starts:
        n.post(start)
    before, told = n.rows, n.told
    for start in starts:
        assert n.post(start) == 202
    assert (n.rows, n.told) == (before, told)


def test_a_cold_signal_leaves_nothing_unless_it_is_wanted(notify: Callable[..., Notify]) -> None:
    n = notify()
    assert n.post(0, warm=False) == 202
    assert (n.told, n.rows) == ([], [])
    assert notify(TAPEDECK_NOTIFY_COLD="true").post(0, warm=False) == 202
    assert len(n.told) == 1


def test_a_failing_channel_is_tried_again_and_holds_no_other_up(
    notify: Callable[..., Notify],
) -> None:
    with sinking(Sink([500, 500, 204])) as webhook:
        n = notify(TAPEDECK_NOTIFY_CHANNELS="webhook,file", TAPEDECK_NOTIFY_WEBHOOK_URL=webhook.url)
        assert n.post(0) == 503
        assert n.told == ["A/5m/0/breakout"]
        assert n.rows[1][1:] == ("webhook", "failed", 1)
        assert [n.post(0), n.post(0)] == [503, 202]
    assert len(webhook.got) == 3
    assert n.told == ["A/5m/0/breakout"]
    assert [row[1:] for row in n.rows] == [("file", "delivered", 1), ("webhook", "delivered", 3)]


def test_an_event_that_another_request_works_on_is_409(
    notify: Callable[..., Notify], database: str
) -> None:
    n = notify()
    key = func.hashtextextended("/tapedeck/signals#A/5m/0/breakout", 0)
    with n.engine.connect() as other:
        other.execute(select(func.pg_advisory_lock(key)))
        assert n.post(0) == 409
        other.execute(select(func.pg_advisory_unlock(key)))
    assert n.post(0) == 202


def test_many_at_once_tell_each_signal_once(notify: Callable[..., Notify]) -> None:
    n = notify()
    answers: list[int] = []

    def work() -> None:
        answers.extend(n.post(start * 5 * MINUTE) for start in range(10))

    threads = [Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(answers) <= {202, 409}
    for start in range(10):
        assert n.post(start * 5 * MINUTE) == 202
    told = n.told
    assert len(told) == len(set(told))
    by_status = {row[0]: row[2] for row in n.rows}
    assert sorted(told) == sorted(name for name, s in by_status.items() if s == "delivered")


def test_a_killed_connection_costs_a_retry_and_no_second_message(
    notify: Callable[..., Notify],
) -> None:
    n = notify()
    assert n.post(0) == 202
    kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
    with n.engine.connect() as connection:
        connection.execute(text(kill + "AND datname = current_database()"))
    assert n.post(5 * MINUTE) in (202, 503)
    assert n.post(5 * MINUTE) == 202
    assert n.told == ["A/5m/0/breakout", "A/5m/300000/breakout"]


def test_without_postgresql_it_is_503_and_not_ready(tmp_path: Path) -> None:
    url = f"postgresql://postgres@/none?host={tmp_path}"
    app = create_app(settings(DATABASE_URL=url, TAPEDECK_HOME=tmp_path))
    n = Notify(app.test_client(), tmp_path / "notifications.jsonl", connect_engine(url))
    assert n.post(0) == 503
    assert n.client.get("/readyz").status_code == 503
    assert n.client.get("/healthz").status_code == 200
    assert n.told == []


def test_data_that_is_no_signal_is_422(notify: Callable[..., Notify]) -> None:
    headers = {
        "ce-specversion": "1.0", "ce-id": "1", "ce-source": "/s", "ce-type": "t",
        "content-type": "application/json",
    }  # fmt: skip
    client = notify().client
    assert client.post("/", headers=headers, data=b'{"symbol": 5}').status_code == 422
    assert client.post("/", headers=headers, data=b"[]").status_code == 422
    assert client.post("/", headers=headers, data=b"{").status_code == 400


def test_latency_from_the_tick_is_measured(notify: Callable[..., Notify]) -> None:
    n = notify()
    n.post(0)
    metrics = n.client.get("/metrics").text
    assert 'tapedeck_notification_latency_seconds_count{channel="file"} 1.0' in metrics
