"""Digests, quiet hours, routes, channels that are down: what waits in PostgreSQL for whom."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from socket import create_server
from threading import Event, Thread

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select, text

from functions.notify import notifier
from functions.notify.app import create_app
from functions.notify.channels import http_post
from functions.notify.reading import PING
from functions.notify.waiting import Ask, Waiting
from streams.adapters.cloud_event import CloudEvent, binary_headers
from streams.adapters.database import connect_engine
from streams.adapters.database.tables import notifications
from streams.adapters.messages import encode
from streams.domain.signal import Side, Signal, signal_id
from tests.fakes import settings
from tests.scripted_sink import DEADLINE, Sink, sinking, wait_until
from tests.smtp_sink import Mailbox, mailing

MINUTE = 60_000
NOON = 1_709_812_800.0  # 2024-03-07 12:00 UTC, a Thursday
DIGEST = '[notify.digest]\nevery = "10m"\nmax = 4\nexcept = ["critical"]\n'
QUIET = '[notify.quiet]\nhours = ["22:00-07:00"]\nexcept = ["critical"]\n'


@dataclass
class Desk:
    """The function in this process, as often as a test starts it; its clock, sink and database."""

    url: str
    home: Path
    sink: Sink
    engine: Engine
    clock: list[float] = field(default_factory=lambda: [NOON])
    client: FlaskClient = field(init=False)

    def start(self, config: str = "", channels: str = "webhook", **values: str) -> FlaskClient:
        """Another process would be; what it knows is in PostgreSQL."""
        path = self.home / "tapedeck.toml"
        path.write_text(config)
        app = create_app(
            settings(
                DATABASE_URL=self.url,
                TAPEDECK_HOME=self.home,
                TAPEDECK_CONFIG=path,
                TAPEDECK_NOTIFY_CHANNELS=channels,
                TAPEDECK_NOTIFY_WEBHOOK_URL=self.sink.url,
                **values,
            ),
            now=lambda: self.clock[0],
        )
        self.client = app.test_client()
        return self.client

    def post(self, number: int, symbol: str = "A", *, kind: str = "breakout", **more: str) -> int:
        """A signal; those of one symbol are further apart than the cooldown."""
        start = number * 10 * MINUTE
        signal = Signal(
            signal_id(symbol, "5m", start, kind), start + 5 * MINUTE, symbol, "5m", kind,
            Side.BUY, 1.5, 0.1, True, "crossed",
        )  # fmt: skip
        attributes = {
            "specversion": "1.0", "id": signal.id, "source": "/tapedeck/signals",
            "type": f"io.tapedeck.signal.{kind}", "kind": kind, **more,
        }  # fmt: skip
        return self.send(CloudEvent(attributes, encode(signal)))

    def ping(self, client: FlaskClient | None = None) -> int:
        attributes = {"specversion": "1.0", "id": "1", "source": "/ping", "type": PING}
        return self.send(CloudEvent(attributes, b'{"every": "5m"}'), client)

    def send(self, event: CloudEvent, client: FlaskClient | None = None) -> int:
        headers = binary_headers(event)
        return (client or self.client).post("/", headers=headers, data=event.data).status_code

    @property
    def told(self) -> list[list[str]]:
        """The ids of each message that the sink has got."""
        bodies = [json.loads(body) for _, body in self.sink.got]
        return [[each["id"] for each in body.get("notifications", [body])] for body in bodies]

    @property
    def rows(self) -> dict[str, str]:
        c = notifications.c
        query = select(c.signal_id, c.channel, c.status).order_by(c.time_ms, c.channel)
        with self.engine.connect() as connection:
            return {f"{row[0]} {row[1]}": row[2] for row in connection.execute(query)}

    def execute(self, statement: str) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(statement))


@pytest.fixture
def desk(migrated: str, tmp_path: Path) -> Iterator[Desk]:
    engine = connect_engine(migrated)
    with sinking(Sink([204])) as sink:
        yield Desk(migrated, tmp_path, sink, engine)
    engine.dispose()


def _id(number: int, symbol: str = "A", kind: str = "breakout") -> str:
    return f"{symbol}/5m/{number * 10 * MINUTE}/{kind}"


def _statuses(desk: Desk) -> list[str]:
    return list(desk.rows.values())


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
        f"{_id(0)} file": "delivered",
        f"{_id(0)} webhook": "delivered",
        f"{_id(0, 'B')} file": "delivered",
    }
    muted = 'tapedeck_notifications_total{channel="",status="muted"} 1.0'
    assert muted in desk.client.get("/metrics").text


def test_only_high_and_critical_anomalies_are_told(desk: Desk) -> None:
    desk.start()
    for severity in ("low", "medium", "high", "critical"):
        assert desk.post(0, severity, kind="anomaly.spike", severity=severity) == 202
    assert desk.post(0, "none", kind="anomaly.spike") == 202
    assert desk.told == [[_id(0, name, "anomaly.spike")] for name in ("high", "critical")]
    assert len(desk.rows) == 2


def test_what_was_decided_stays_when_the_rules_change(desk: Desk) -> None:
    desk.sink.answer(500)
    desk.start(channels="webhook,file")
    assert desk.post(0) == 503
    desk.sink.answer(204)
    desk.start('[[notify.routes]]\nchannels = ["console"]', "webhook,file,console")
    assert desk.post(0) == 202
    assert desk.rows == {f"{_id(0)} file": "delivered", f"{_id(0)} webhook": "delivered"}


def test_a_digest_is_told_when_it_is_due_by_whatever_comes_next(desk: Desk) -> None:
    desk.start(DIGEST)
    desk.post(0)
    desk.clock[0] += 300
    desk.start(DIGEST)  # the process that knew of the first one has ended
    desk.post(0, "B")
    desk.clock[0] += 299
    assert desk.ping() == 202
    assert (desk.told, _statuses(desk)) == ([], ["digest"] * 2)
    desk.clock[0] += 1
    assert desk.post(0, "C") == 202
    assert desk.told == [[_id(0), _id(0, "B"), _id(0, "C")]]
    assert _statuses(desk) == ["delivered"] * 3
    assert desk.ping() == 202
    assert len(desk.told) == 1


def test_a_full_digest_does_not_wait(desk: Desk) -> None:
    desk.start(DIGEST)
    for number in range(9):
        desk.post(0, f"S{number}")
    assert [len(message) for message in desk.told] == [4, 4]
    assert sorted(_statuses(desk)) == ["delivered"] * 8 + ["digest"]


def test_what_is_critical_does_not_wait_for_a_digest(desk: Desk) -> None:
    desk.start(DIGEST)
    desk.post(0)
    desk.post(0, "B", severity="critical")
    assert desk.told == [[_id(0, "B")]]


def test_what_waits_counts_for_the_cooldown(desk: Desk) -> None:
    desk.start(DIGEST, TAPEDECK_NOTIFY_COOLDOWN="3600")
    desk.post(0)
    desk.post(1)
    assert _statuses(desk) == ["digest", "cooldown"]


def test_the_same_event_again_changes_no_digest(desk: Desk) -> None:
    desk.start(DIGEST)
    assert [desk.post(0) for _ in range(5)] == [202] * 5
    desk.clock[0] += 600
    assert [desk.ping(), desk.post(0)] == [202, 202]
    assert desk.told == [[_id(0)]]


class _SlowSink(Sink):
    """Answers when it is let."""

    def __init__(self) -> None:
        super().__init__([204])
        self.let = Event()

    def next_status(self) -> int:
        assert self.let.wait(DEADLINE)
        return super().next_status()


def test_two_that_flush_at_once_tell_a_digest_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for patient in (http_post, notifier):
        monkeypatch.setattr(patient, "SECONDS", DEADLINE)
    with sinking(_SlowSink()) as sink:
        assert isinstance(sink, _SlowSink)
        desk.sink = sink
        one, other = desk.start(DIGEST), desk.start(DIGEST)
        desk.post(0)
        desk.post(0, "B")
        desk.clock[0] += 600
        answers: list[int] = []
        thread = Thread(target=lambda: answers.append(desk.ping(one)))
        thread.start()
        wait_until(lambda: len(sink.got) == 1, "the first is telling it")
        try:
            assert desk.ping(other) == 202
            assert len(sink.got) == 1
        finally:
            sink.let.set()
            thread.join()
    assert answers == [202]
    assert desk.told == [[_id(0), _id(0, "B")]]
    assert _statuses(desk) == ["delivered"] * 2


def test_a_digest_that_was_not_accepted_comes_again_as_the_same_message(desk: Desk) -> None:
    desk.start(DIGEST)
    desk.post(0)
    desk.post(0, "B")
    desk.clock[0] += 600
    desk.sink.answer(500, 204)
    assert desk.ping() == 503
    assert _statuses(desk) == ["failed"] * 2
    desk.start(DIGEST)
    assert desk.post(0, "C") == 202  # joins another digest, and the first is not due again yet
    assert len(desk.told) == 1
    desk.clock[0] += 30
    assert desk.ping() == 202
    assert desk.told == [[_id(0), _id(0, "B")]] * 2
    first, again = (headers["idempotency-key"] for headers, _ in desk.sink.got)
    assert first == again
    assert desk.rows[f"{_id(0, 'C')} webhook"] == "digest"


def test_a_crash_between_the_seal_and_the_answer_repeats_the_same_digest(desk: Desk) -> None:
    desk.start(DIGEST)
    desk.post(0)
    desk.post(0, "B")
    desk.clock[0] += 600
    with Waiting(desk.engine).batches("webhook") as batches:
        assert batches is not None
        sealed = batches.next(Ask(int(desk.clock[0] * 1_000), 100, None))
    assert sealed is not None
    desk.post(0, "C")
    assert [len(message) for message in desk.told] == [2]
    assert desk.sink.got[0][0]["idempotency-key"].endswith(sealed.name)


def test_a_failing_digest_does_not_fail_the_event_that_came_by(desk: Desk) -> None:
    desk.start(DIGEST)
    desk.post(0)
    desk.clock[0] += 600
    desk.sink.answer(500)
    assert desk.post(0, "B") == 202


def test_what_has_failed_for_a_day_is_given_up(desk: Desk) -> None:
    desk.start(DIGEST)
    desk.post(0)
    desk.clock[0] += 86_401
    desk.sink.answer(500)
    assert desk.ping() == 503
    assert desk.ping() == 202
    assert (len(desk.told), _statuses(desk)) == (1, ["failed"])


def test_quiet_hours_hold_all_but_what_is_critical(desk: Desk) -> None:
    desk.clock[0] = NOON + 11 * 3_600
    desk.start(QUIET)
    desk.post(0)
    desk.post(0, "B", severity="high")
    desk.post(0, "C", severity="critical")
    assert desk.told == [[_id(0, "C")]]
    desk.clock[0] = NOON + 19 * 3_600 - 1
    assert desk.ping() == 202
    assert len(desk.told) == 1
    assert sorted(_statuses(desk)) == ["delivered", "quiet", "quiet"]
    desk.clock[0] += 1
    assert desk.ping() == 202
    assert desk.told[1:] == [[_id(0), _id(0, "B")]]


def test_a_digest_that_comes_due_in_quiet_hours_waits_for_their_end(desk: Desk) -> None:
    desk.clock[0] = NOON + 10 * 3_600 - 60
    desk.start(DIGEST + QUIET)
    desk.post(0)
    desk.clock[0] += 3_600
    for number in range(6):
        desk.post(0, f"S{number}")
    assert desk.told == []
    desk.clock[0] = NOON + 19 * 3_600
    assert desk.ping() == 202
    assert [len(message) for message in desk.told] == [4, 3]


def test_what_is_critical_and_failed_at_night_is_tried_again_at_night(desk: Desk) -> None:
    desk.clock[0] = NOON + 11 * 3_600
    desk.start(QUIET)
    desk.post(0)
    desk.sink.answer(*[500] * 3, 204)
    assert [desk.post(0, "C", severity="critical") for _ in range(3)] == [503, 503, 202]
    desk.start(QUIET)
    desk.clock[0] += 30
    assert desk.ping() == 202
    assert desk.told == [[_id(0, "C")]] * 4
    assert desk.rows[f"{_id(0)} webhook"] == "quiet"


def test_a_hanging_channel_holds_up_neither_others_nor_later_events(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_post, "SECONDS", 0.1)
    with ExitStack() as stack:
        box = stack.enter_context(mailing(Mailbox()))
        server = stack.enter_context(create_server(("127.0.0.1", 0)))
        desk.start(
            channels="slack,email",
            TAPEDECK_NOTIFY_SLACK_URL=f"http://127.0.0.1:{server.getsockname()[1]}/hunter2",
            TAPEDECK_NOTIFY_EMAIL_URL=f"smtp://127.0.0.1:{box.port}/?from=a@b.c&to=d@e.f&tls=none",
        )
        assert [desk.post(0) for _ in range(3)] == [503, 503, 202]
        assert [desk.post(0, f"S{number}") for number in range(5)] == [202] * 5
    assert len(box.got) == 6
    by_channel = [name.split()[1] + " " + status for name, status in desk.rows.items()]
    assert sorted(by_channel) == ["email delivered"] * 6 + ["slack failed"] * 6
    with desk.engine.connect() as connection:
        errors = set(connection.scalars(select(notifications.c.error).where(text("error <> ''"))))
    assert any("left alone for" in error for error in errors)
    assert "hunter2" not in str(errors)


def test_what_a_channel_missed_while_it_was_down_is_told_when_it_is_back(desk: Desk) -> None:
    desk.sink.answer(500)
    desk.start()
    assert [desk.post(0) for _ in range(3)] == [503, 503, 202]
    assert [desk.post(0, "B"), desk.post(0, "C")] == [202, 202]
    desk.sink.answer(204)
    desk.start()  # its breaker knows nothing, PostgreSQL does
    assert desk.ping() == 202
    assert desk.told == []
    desk.clock[0] += 30
    assert desk.ping() == 202
    assert desk.told == [[_id(0), _id(0, "B"), _id(0, "C")]]
    assert _statuses(desk) == ["delivered"] * 3


def test_a_ping_without_postgresql_is_503(desk: Desk) -> None:
    desk.start()
    desk.execute("DROP TABLE notifications")
    assert desk.ping() == 503


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
