"""Kept events are sent again: as they were, where they belong, and once."""

import json
from threading import Event, Thread

import pytest
from sqlalchemy import text

from streams.adapters.database import connect_engine
from streams.adapters.resend import Outcome, Resender, Sent, destination_url
from streams.domain.errors import ConfigError, ServiceError
from tests.broker.dead_lettering import Letters
from tests.scripted_sink import Sink


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
