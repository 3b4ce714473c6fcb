"""A channel that hangs or is down: what it missed waits in PostgreSQL, the others go on."""

from contextlib import ExitStack
from socket import create_server

import pytest
from sqlalchemy import select, text

from functions.notify.channels import http_post
from streams.adapters.database.tables import notifications
from tests.broker.notify_desk import Desk, name_of, statuses
from tests.smtp_sink import Mailbox, mailing


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
    assert desk.told == [[name_of(0), name_of(0, "B"), name_of(0, "C")]]
    assert statuses(desk) == ["delivered"] * 3


def test_a_ping_without_postgresql_is_503(desk: Desk) -> None:
    desk.start()
    desk.execute("DROP TABLE notifications")
    assert desk.ping() == 503
