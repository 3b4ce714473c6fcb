"""`run bars` without a broker: one message and a state to records."""

import json
import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.adapters.messages import decode_bar, decode_report, encode_ticks
from streams.adapters.records import Record
from streams.adapters.topics import Topic
from streams.apps.bars import BarsStep
from streams.domain.bar import Bar
from streams.domain.errors import ConfigError
from streams.domain.tick import Mark, TickBatch
from tests.fakes import FakeState, message, metrics, settings

MINUTE = 60_000


def step(**values: object) -> BarsStep:
    return BarsStep(settings(**values), metrics())


def ticks(first: int = 0, *ts: int, source: str | None = "tape", run: str = "r1") -> bytes:
    prices = [float(1 + number % 7) for number in ts]
    return encode_ticks(TickBatch("A", list(ts), prices, source=source, first=first, run=run))


def end(run: str = "r1") -> bytes:
    return encode_ticks(TickBatch("A", [], [], mark=Mark.END, run=run))


def finals(records: list[Record]) -> list[Bar]:
    bars = [decode_bar(record.value) for record in records if record.topic is Topic.BARS]
    return [bar for bar in bars if bar.final]


def letters(records: list[Record]) -> list[dict[str, str]]:
    return [
        {name: value.decode() for name, value in record.headers}
        for record in records
        if record.topic is Topic.DEAD_LETTERS
    ]


def test_a_later_tick_closes_the_bar_and_the_trace_is_carried() -> None:
    run, state = step(), FakeState()
    trace = [("produced", b"1700000000000"), ("traceparent", b"00-aa-bb-01"), ("other", b"x")]
    run(message(ticks(0, 0, 1_000)), state)
    records = run(message(ticks(2, MINUTE), headers=trace), state)
    (bar,) = finals(records)
    assert (bar.interval, bar.start, bar.trades) == ("1m", 0, 2)
    assert records[0].key == "A"
    assert records[0].headers == trace[:2]


def test_the_end_mark_closes_every_bar_and_is_answered_with_a_report() -> None:
    run, state = step(), FakeState()
    run(message(ticks(0, 0, MINUTE, 30_000)), state)
    records = run(message(end()), state)
    assert [bar.interval for bar in finals(records)] == ["1m", "5m", "15m"]
    (report,) = [decode_report(r.value) for r in records if r.topic is Topic.TAPES]
    assert (report.run, report.ticks, report.late, report.duplicate) == ("r1", 3, 1, 0)
    assert report.bars == {"1m": 2, "5m": 1, "15m": 1}


def test_a_report_mark_leaves_the_bars_open() -> None:
    run, state = step(), FakeState()
    run(message(ticks(0, 0)), state)
    mark = encode_ticks(TickBatch("A", [], [], mark=Mark.REPORT, run="r1"))
    records = run(message(mark), state)
    assert finals(records) == []
    assert [record.topic for record in records if record.topic is Topic.TAPES] == [Topic.TAPES]


def test_a_heartbeat_closes_what_has_ended() -> None:
    run, state = step(), FakeState()
    run(message(ticks(0, 0)), state)
    mark = encode_ticks(TickBatch("A", [], [], mark=Mark.HEARTBEAT, clock=MINUTE))
    assert [bar.interval for bar in finals(run(message(mark), state))] == ["1m"]


def test_a_late_tick_is_a_dead_letter_known_by_its_ordinal() -> None:
    run, state = step(TAPEDECK_INTERVALS="1m", TAPEDECK_SIGNAL_INTERVALS="1m"), FakeState()
    (letter,) = letters(run(message(ticks(5, 0, MINUTE, 30_000)), state))
    assert letter["id"] == "tape/A/7/late"
    assert (letter["reason"], letter["source"], letter["position"]) == ("late", "tape", "7")
    assert "1m" in letter["detail"]
    assert "30000" in letter["detail"]


def test_a_tape_replayed_again_is_ignored_as_duplicate_and_not_late() -> None:
    run, state = step(), FakeState()
    first = [message(ticks(0, 0, MINUTE, 30_000)), message(end())]
    for each in first:
        run(each, state)
    again = run(message(ticks(0, 0, MINUTE, 30_000, run="r2")), state)
    again += run(message(end("r2")), state)
    assert (finals(again), letters(again)) == ([], [])
    (report,) = [decode_report(r.value) for r in again if r.topic is Topic.TAPES]
    assert (report.run, report.ticks, report.late, report.duplicate) == ("r2", 3, 0, 3)


def test_bad_ticks_become_dead_letters_and_the_rest_of_the_batch_counts() -> None:
    run, state = step(), FakeState()
    value = b'{"symbol":"A","ts":[1,2,3],"price":[1,-2,3]}'
    (letter,) = letters(run(message(value, offset=9), state))
    assert (letter["id"], letter["reason"]) == ("ticks/0/9/1/bad_price", "bad_price")
    (one, *_) = finals(run(message(end()), state))
    assert (one.trades, one.low, one.close) == (2, 1.0, 3.0)


def test_a_message_that_is_none_becomes_a_dead_letter_with_its_bytes() -> None:
    state = FakeState()
    (record,) = step()(message(b"\xffrubbish", offset=4), state)
    assert (record.topic, record.value) == (Topic.DEAD_LETTERS, b"\xffrubbish")
    assert letters([record])[0]["id"] == "bars/ticks/0/4/bad_message"
    assert state == {}


def test_a_message_delivered_twice_counts_once() -> None:
    run, state = step(), FakeState()
    value = b'{"symbol":"A","ts":1,"price":2,"size":3}'
    run(message(value, offset=9), state)
    run(message(value, offset=9), state)
    (one, *_) = finals(run(message(end()), state))
    assert (one.trades, one.volume) == (1, 3.0)


def test_state_of_other_intervals_is_refused() -> None:
    state = FakeState()
    step()(message(ticks(0, 0)), state)
    with pytest.raises(ConfigError, match="tapedeck reset"):
        step(TAPEDECK_INTERVALS="5m")(message(ticks(1, 1)), state)


def test_forming_bars_are_published_and_marked() -> None:
    records = step()(message(ticks(0, 0)), FakeState())
    assert [json.loads(record.value)["final"] for record in records] == [False] * 3


stream = st.lists(
    st.tuples(st.integers(0, 8 * MINUTE), st.integers(1, 500)), min_size=1, max_size=50
)


def tables(run: BarsStep, messages: list[bytes], crash: random.Random | None) -> object:
    """What a reader that upserts sees; `crash` rolls back to the last checkpoint and repeats."""
    state, saved, at = FakeState(), FakeState(), 0
    bars: dict[tuple[str, int], Bar] = {}
    dead: dict[str, str] = {}
    offset = 0
    while offset < len(messages):
        records = run(message(messages[offset], offset=offset), state)
        bars.update({(bar.interval, bar.start): bar for bar in finals(records)})
        dead.update({letter["id"]: letter["detail"] for letter in letters(records)})
        offset += 1
        if crash is not None and crash.random() < 0.2:
            state, offset = FakeState(saved), at
        elif crash is None or crash.random() < 0.5:
            saved, at = FakeState(state), offset
    return bars, dead


@given(stream, st.lists(st.integers(1, 49), max_size=8), st.integers(0, 2**32))
def test_cuts_crashes_and_repeated_tapes_change_no_table(
    points: list[tuple[int, int]], cuts: list[int], seed: int
) -> None:
    def cut(bounds: list[int], run: str) -> list[bytes]:
        return [
            encode_ticks(
                TickBatch(
                    "A",
                    [ts for ts, _ in points[a:b]],
                    [price / 7 for _, price in points[a:b]],
                    [price / 3 for _, price in points[a:b]],
                    source="tape",
                    first=a,
                    run=run,
                )
            )
            for a, b in pairwise(bounds)
        ] + [end(run)]

    whole = [0, len(points)]
    parts = [0, *sorted({each for each in cuts if each < len(points)}), len(points)]
    killed = cut(parts, "r0")[: len(parts) // 2]
    expected = tables(step(), cut(whole, "r1"), None)
    assert tables(step(), killed + cut(parts, "r2") + cut(whole, "r3"), None) == expected
    assert tables(step(), cut(parts, "r4"), random.Random(seed)) == expected
