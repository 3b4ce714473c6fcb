"""Quiet hours: what waits in PostgreSQL for their end, and what does not."""

from tests.broker.notify_desk import DIGEST, NOON, QUIET, Desk, name_of, statuses


def test_quiet_hours_hold_all_but_what_is_critical(desk: Desk) -> None:
    desk.clock[0] = NOON + 11 * 3_600
    desk.start(QUIET)
    desk.post(0)
    desk.post(0, "B", severity="high")
    desk.post(0, "C", severity="critical")
    assert desk.told == [[name_of(0, "C")]]
    desk.clock[0] = NOON + 19 * 3_600 - 1
    assert desk.ping() == 202
    assert len(desk.told) == 1
    assert sorted(statuses(desk)) == ["delivered", "quiet", "quiet"]
    desk.clock[0] += 1
    assert desk.ping() == 202
    assert desk.told[1:] == [[name_of(0), name_of(0, "B")]]


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
    assert desk.told == [[name_of(0, "C")]] * 4
    assert desk.rows[f"{name_of(0)} webhook"] == "quiet"
