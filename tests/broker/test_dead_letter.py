"""`functions.dead_letter` on a real PostgreSQL, and `tapedeck dead-letters` for what it kept."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from functions.dead_letter.app import create_app
from streams.adapters.database import connect_engine
from streams.adapters.database.undelivered import Chosen, find_undelivered, replayable
from streams.adapters.resend import Outcome, Resender, Sent, destination_url
from streams.domain.errors import ConfigError, ServiceError
from tests.command_line import tapedeck
from tests.fakes import settings
from tests.scripted_sink import Sink, sinking

NOW = 1_700_000_000.0


@dataclass
class Letters:
    """The function in this process, and its table."""

    client: FlaskClient
    engine: Engine
    url: str
    now: list[float] = field(default_factory=lambda: [NOW])

    def post(self, event_id: str, to: str = "http://x/", data: bytes = b"{}", **more: str) -> int:
        headers = {
            "ce-specversion": "1.0", "ce-id": event_id, "ce-source": "/s", "ce-type": "t",
            "ce-knativeerrordest": to, "ce-knativeerrorcode": "503", "ce-partitionkey": "ACME",
            "ce-knativeerrordata": base64.b64encode(b"down").decode(),
            "content-type": "application/json", **more,
        }  # fmt: skip
        self.now[0] += 1
        return self.client.post("/", headers=headers, data=data).status_code

    @property
    def ids(self) -> list[str]:
        with self.engine.connect() as connection:
            return replayable(connection, Chosen())

    def row(self, letter_id: str) -> dict[str, Any]:
        with self.engine.connect() as connection:
            found = find_undelivered(connection, letter_id)
        assert found is not None
        return found

    def rows(self) -> list[tuple[str, int, str, int]]:
        query = "SELECT event_id, arrivals, status, attempts FROM undelivered ORDER BY first_ms"
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query))]

    def send(self, where: Any = lambda destination: destination) -> list[Sent]:
        return list(Resender(self.engine, where, 0.3, lambda: NOW + 99).send(self.ids))


@pytest.fixture
def letters(migrated: str) -> Iterator[Letters]:
    now = [NOW]
    app = create_app(settings(DATABASE_URL=migrated), now=lambda: now[0])
    engine = connect_engine(migrated)
    yield Letters(app.test_client(), engine, migrated, now)
    engine.dispose()


@pytest.fixture
def sink() -> Iterator[Sink]:
    with sinking(Sink()) as running:
        yield running


def test_an_event_is_kept_whole_and_each_arrival_counted(letters: Letters) -> None:
    data = bytes(range(256)) * 4_096  # 1 MiB of no text
    for _ in range(2):
        assert letters.post("e1", "http://notify.localhost/", data, traceparent="00-a-b-01") == 202
    (letter_id,) = letters.ids
    row = letters.row(letter_id)
    assert (row["data"], row["trace"]) == (data, {"traceparent": "00-a-b-01"})
    assert row["attributes"] == {
        "specversion": "1.0", "id": "e1", "source": "/s", "type": "t", "partitionkey": "ACME",
        "datacontenttype": "application/json",
    }  # fmt: skip
    assert (row["destination"], row["code"]) == ("http://notify.localhost/", "503")
    assert (row["error"], row["error_data"]) == ("down", base64.b64encode(b"down").decode())
    assert (row["arrivals"], row["last_ms"] - row["first_ms"]) == (2, 1_000)


def test_one_event_that_failed_in_two_places_is_two_letters(letters: Letters) -> None:
    assert [letters.post("e", "http://a/"), letters.post("e", "http://b/")] == [202, 202]
    assert len(letters.ids) == 2


POISON: list[tuple[dict[str, str], bytes]] = [
    ({"content-type": "garbage"}, b"\x00\xff"),
    ({"content-type": "application/json"}, b"{broken"),
    ({"ce-time": "yesterday"}, b""),
    ({"ce-extension": "%00%ff"}, b"\x00"),
    ({"ce-knativeerrordata": "no base64 %00"}, b"null"),
    ({"ce-knativeerrorcode": "x" * 1_000, "ce-subject": "s" * 5_000}, b"x"),
    ({"ce-source": "s" * 6_000}, b"y"),
]


def test_poison_is_kept_too(letters: Letters) -> None:
    for number, (headers, data) in enumerate(POISON):
        assert letters.post(f"poison{number}", data=data, **headers) == 202
    assert [letters.row(each)["data"] for each in letters.ids] == [data for _, data in POISON]


def test_a_replay_sends_each_event_as_it_was_in_order_and_only_once(
    letters: Letters, sink: Sink
) -> None:
    for name in ("e2", "e1", "e3"):
        assert letters.post(name, sink.url, name.encode()) == 202
    assert [sent.outcome for sent in letters.send()] == [Outcome.REPLAYED] * 3
    assert (sink.ids, letters.send()) == (["e2", "e1", "e3"], [])
    headers, body = sink.got[0]
    assert (headers["ce-source"], headers["ce-partitionkey"], body) == ("/s", "ACME", b"e2")
    assert "ce-knativeerrorcode" not in headers
    assert letters.rows()[0] == ("e2", 1, "replayed", 1)


def test_what_is_refused_stays_with_the_new_error(letters: Letters, sink: Sink) -> None:
    letters.post("e", sink.url)
    (letter_id,) = letters.ids
    sink.answer(422)
    (sent,) = letters.send()
    assert (sent.outcome, sent.detail) == (Outcome.REFUSED, "422")
    assert letters.rows() == [("e", 1, "undelivered", 1)]
    assert letters.row(letter_id)["replay_error"] == "422"
    sink.answer(503, 202)
    assert [each.outcome for each in letters.send()] == [Outcome.REPLAYED]
    row = letters.row(letter_id)
    assert (row["attempts"], row["replay_error"], row["replayed_ms"]) == (
        2,
        None,
        1_700_000_099_000,
    )


def test_an_event_is_sent_again_without_what_no_header_can_carry(
    letters: Letters, sink: Sink
) -> None:
    for number, more in enumerate(
        [{"a\x00 b": "1"}, {"é": "1"}, {"datacontenttype": "é"}, {"datacontenttype": "a\nb"}, {}]
    ):
        event = {"specversion": "1.0", "id": f"e{number}", "source": "/s", "type": "t",
                 "knativeerrordest": sink.url, "data": {}, **more}  # fmt: skip
        answer = letters.client.post(
            "/", headers={"content-type": "application/cloudevents+json"}, data=json.dumps(event)
        )
        assert answer.status_code == 202
        letters.now[0] += 1
    assert [sent.outcome for sent in letters.send()] == [Outcome.REPLAYED] * 5
    assert sink.ids == ["e0", "e1", "e2", "e3", "e4"]


def test_the_rest_of_a_silent_destination_is_left_for_the_next_time(
    letters: Letters, sink: Sink
) -> None:
    silent = "http://127.0.0.1:9/"
    for name, to in (("a", silent), ("b", silent), ("c", sink.url), ("d", "nowhere")):
        letters.post(name, to)

    def where(destination: str) -> str:
        return destination_url(destination, lambda name: None)

    outcomes = [sent.outcome for sent in letters.send(where)]
    assert outcomes == [Outcome.UNREACHED, Outcome.PASSED, Outcome.REPLAYED, Outcome.NOWHERE]
    assert [row[2:] for row in letters.rows()] == [
        ("undelivered", 1), ("undelivered", 0), ("replayed", 1), ("undelivered", 0),
    ]  # fmt: skip


def test_one_that_fails_again_after_its_replay_is_undelivered_again(
    letters: Letters, sink: Sink
) -> None:
    letters.post("e", sink.url)
    letters.send()
    assert letters.ids == []
    letters.post("e", sink.url)
    assert letters.rows() == [("e", 2, "undelivered", 1)]


def test_two_replays_at_once_send_an_event_once(letters: Letters, sink: Sink) -> None:
    letters.post("e", sink.url)
    (letter_id,) = letters.ids
    began, go_on = Event(), Event()

    def wait(destination: str) -> str:
        began.set()
        assert go_on.wait(30)
        return destination

    first: list[Sent] = []
    thread = Thread(target=lambda: first.extend(letters.send(wait)))
    thread.start()
    assert began.wait(30)
    second = list(Resender(letters.engine, lambda destination: destination).send([letter_id]))
    go_on.set()
    thread.join(30)
    assert [sent.outcome for sent in (*first, *second)] == [Outcome.REPLAYED, Outcome.TAKEN]
    assert sink.ids == ["e"]


def test_killed_between_the_answer_and_the_mark_it_sends_the_same_id_again(
    letters: Letters, sink: Sink
) -> None:
    letters.post("e", sink.url)
    others = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )

    def cut(destination: str) -> str:
        with connect_engine(letters.url).connect() as connection:
            connection.execute(others)
        return destination

    with pytest.raises(ServiceError, match="safe to replay it again"):
        letters.send(cut)
    assert letters.rows() == [("e", 1, "undelivered", 0)]
    assert [sent.outcome for sent in letters.send()] == [Outcome.REPLAYED]
    assert sink.ids == ["e", "e"]


@pytest.mark.parametrize(
    ("destination", "expected"),
    [
        ("http://notify.localhost/", "http://127.0.0.1:4711/"),
        ("http://notify.localhost:8091/a", "http://127.0.0.1:4711/a"),
        ("http://notify.tape.svc.cluster.local", "http://notify.tape.svc.cluster.local"),
    ],
)
def test_a_local_function_is_found_where_it_listens_now(destination: str, expected: str) -> None:
    known = {"notify": "http://127.0.0.1:4711"}
    assert destination_url(destination, known.get) == expected


@pytest.mark.parametrize("destination", ["", "service notify", "ftp://x/", "http://nix.localhost/"])
def test_a_destination_that_is_no_place_is_named(destination: str) -> None:
    with pytest.raises(ConfigError, match="--to URL"):
        destination_url(destination, lambda name: None)


@pytest.fixture
def command(letters: Letters, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Letters:
    """The commands read the same database, far from a home of the developer's."""
    monkeypatch.setenv("DATABASE_URL", letters.url)
    monkeypatch.setenv("TAPEDECK_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return letters


def test_nothing_there_is_said_and_fine(command: Letters) -> None:
    assert "no dead letters" in tapedeck("dead-letters", "list").text
    done = tapedeck("dead-letters", "replay", "--all")
    assert (done.code, done.text) == (0, "nothing to replay\n")


def test_the_commands_list_show_and_replay(command: Letters, sink: Sink) -> None:
    command.post("e1", sink.url, b'{"a": "\xc3\xa9"}')
    command.post("e2", "http://nix.localhost/")
    listed = json.loads(tapedeck("dead-letters", "list", "--kind", "event", "--json").text)
    assert [(each["count"], each["reason"]) for each in listed["counts"]] == [
        (1, "503"),
        (1, "503"),
    ]
    assert [letter["position"] for letter in listed["letters"]] == ["e2", "e1"]
    assert "no dead letters" in tapedeck("dead-letters", "list", "--kind", "input").text
    first, second = command.ids
    shown = tapedeck("dead-letters", "show", first).text
    assert "error:        down\n" in shown
    assert '{"a": "é"}' in shown
    assert tapedeck("dead-letters", "show", first, "--raw").out == b'{"a": "\xc3\xa9"}'
    assert json.loads(tapedeck("dead-letters", "show", first, "--json").text)["arrivals"] == 1
    plan = tapedeck("dead-letters", "replay", "--all", "--dry-run").text
    assert "2 would be replayed" in plan
    assert sink.url in plan
    done = tapedeck("dead-letters", "replay", "--all", "--json")
    assert done.code == 1
    said = json.loads(done.text)
    assert said["counts"] == {"replayed": 1, "nowhere": 1}
    again = tapedeck("dead-letters", "replay", first)
    assert (again.code, again.text) == (0, "nothing to replay\n")
    assert "replayed already" in again.err
    there = tapedeck("dead-letters", "replay", second, "--to", sink.url)
    assert (there.code, there.text) == (0, "1 replayed\n")
    assert sink.ids == ["e1", "e2"]


WRONG: list[tuple[tuple[str, ...], str]] = [
    ((), "expected ids or --all, was neither"),
    (("x", "--all"), "was both"),
    (("x", "--code", "503"), "go with --all"),
    (("x",), "expected an id that `list` prints, was 'x'"),
    (("--all", "--to", "nowhere"), "expected http"),
    (("rejected",), "is rejected input"),
]


def test_wrong_use_is_exit_2(command: Letters) -> None:
    row = "('rejected', 'replay', 'bad', '', 'f', 1, 'x', 1)"
    with command.engine.begin() as connection:
        connection.execute(text(f"INSERT INTO dead_letters VALUES {row}"))
    for arguments, expected in WRONG:
        done = tapedeck("dead-letters", "replay", *arguments)
        assert done.code == 2
        assert expected in done.error
