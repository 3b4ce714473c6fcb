"""Digests wait in PostgreSQL: told when due or full, once, and again only as they were."""

from threading import Event, Thread

import pytest

from functions.notify import notifier
from functions.notify.channels import http_post
from functions.notify.waiting import Ask, Waiting
from tests.broker.notify_desk import DIGEST, Desk, name_of, statuses
from tests.scripted_sink import DEADLINE, Sink, sinking, wait_until


def test_a_digest_is_told_when_it_is_due_by_whatever_comes_next(desk: Desk) -> None:
    desk.start(DIGEST)
    desk.post(0)
    desk.clock[0] += 300
    desk.start(DIGEST)  # the process that knew of the first one has ended
    desk.post(0, "B")
    desk.clock[0] += 299
    assert desk.ping() == 202
    assert (desk.told, statuses(desk)) == ([], ["digest"] * 2)
    desk.clock[0] += 1
    assert desk.post(0, "C") == 202
    assert desk.told == [[name_of(0), name_of(0, "B"), name_of(0, "C")]]
    assert statuses(desk) == ["delivered"] * 3
    assert desk.ping() == 202
    assert len(desk.told) == 1


def test_a_full_digest_does_not_wait(desk: Desk) -> None:
    desk.start(DIGEST)
    for number in range(9):
        desk.post(0, f"S{number}")
    assert [len(message) for message in desk.told] == [4, 4]
    assert sorted(statuses(desk)) == ["delivered"] * 8 + ["digest"]


def test_what_is_critical_does_not_wait_for_a_digest(desk: Desk) -> None:
    desk.start(DIGEST)
    desk.post(0)
    desk.post(0, "B", severity="critical")
    assert desk.told == [[name_of(0, "B")]]


def test_what_waits_counts_for_the_cooldown(desk: Desk) -> None:
    desk.start(DIGEST, TAPEDECK_NOTIFY_COOLDOWN="3600")
    desk.post(0)
    desk.post(1)
    assert statuses(desk) == ["digest", "cooldown"]


def test_the_same_event_again_changes_no_digest(desk: Desk) -> None:
    desk.start(DIGEST)
    assert [desk.post(0) for _ in range(5)] == [202] * 5
    desk.clock[0] += 600
    assert [desk.ping(), desk.post(0)] == [202, 202]
    assert desk.told == [[name_of(0)]]


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
    assert desk.told == [[name_of(0), name_of(0, "B")]]
    assert statuses(desk) == ["delivered"] * 2


def test_a_digest_that_was_not_accepted_comes_again_as_the_same_message(desk: Desk) -> None:
    desk.start(DIGEST)
    desk.post(0)
    desk.post(0, "B")
    desk.clock[0] += 600
    desk.sink.answer(500, 204)
    assert desk.ping() == 503
    assert statuses(desk) == ["failed"] * 2
    desk.start(DIGEST)
    assert desk.post(0, "C") == 202  # joins another digest, and the first is not due again yet
    assert len(desk.told) == 1
    desk.clock[0] += 30
    assert desk.ping() == 202
    assert desk.told == [[name_of(0), name_of(0, "B")]] * 2
    first, again = (headers["idempotency-key"] for headers, _ in desk.sink.got)
    assert first == again
    assert desk.rows[f"{name_of(0, 'C')} webhook"] == "digest"


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
    assert (len(desk.told), statuses(desk)) == (1, ["failed"])
