"""`ticks` messages from us and from anyone else."""

import pytest

from streams.adapters.messages import encode_ticks
from streams.adapters.records import Message
from streams.adapters.tick_messages import read_ticks
from streams.domain.screen import screen
from streams.domain.tick import Mark, TickBatch


def message(value: bytes, key: str | None = "A") -> Message:
    return Message("ticks", 3, 17, key, value, 0, [])


@pytest.mark.parametrize(
    "batch",
    [
        TickBatch("A", [1, 2], [1.5, 0.1 + 0.2], [1.0, 0.0], source="abc", first=7, run="r"),
        TickBatch("A", [1], [1.5], None, [1.0], [2.0], [0.5]),
        TickBatch("A", [], [], mark=Mark.HEARTBEAT, clock=5, run="r"),
        TickBatch("A", [], [], mark=Mark.END, clock=5, source="abc"),
    ],
)
def test_what_is_written_is_read_back(batch: TickBatch) -> None:
    assert read_ticks(message(encode_ticks(batch))) == (batch, [])


def test_a_single_tick_from_anyone_is_a_batch_of_one() -> None:
    batch, _ = read_ticks(message(b'{"symbol":"A","ts":5,"price":3,"size":2,"exchange":"X"}'))
    assert batch == TickBatch("A", [5], [3.0], [2.0])


def test_whole_numbers_and_whole_floats_are_what_they_mean() -> None:
    batch, _ = read_ticks(message(b'{"symbol":"A","ts":[5.0, 6],"price":[1, 2.5]}'))
    assert batch == TickBatch("A", [5, 6], [1.0, 2.5])
    assert batch is not None
    assert type(batch.price[0]) is float


@pytest.mark.parametrize("bad", ['"12"', "null", "true", "NaN", "-Infinity", "1e999", "[]", "{}"])
def test_one_bad_price_of_any_type_rejects_itself_only(bad: str) -> None:
    batch, faults = read_ticks(
        message(f'{{"symbol":"A","ts":[1,2,3],"price":[1.5,{bad},2.5]}}'.encode())
    )
    assert batch is not None
    spans, rejects = screen(batch)
    assert (faults, spans) == ([], [(0, 1), (2, 3)])
    assert [(reject.reason, reject.position) for reject in rejects] == [("bad_price", 1)]


@pytest.mark.parametrize("bad", ['"2024-01-01"', "null", "true", "1.5", "1e30", "-5"])
def test_one_bad_time_rejects_itself_only(bad: str) -> None:
    batch, _ = read_ticks(message(f'{{"symbol":"A","ts":[1,{bad}],"price":[1,2]}}'.encode()))
    assert batch is not None
    spans, rejects = screen(batch)
    assert (spans, rejects[0].reason) == ([(0, 1)], "bad_time")


@pytest.mark.parametrize(
    ("value", "key", "reason"),
    [
        (b"", "A", "bad_message"),
        (b"\xff\xfe\x00", "A", "bad_message"),
        (b"[1,2]", "A", "bad_message"),
        (b'"text"', "A", "bad_message"),
        (b'{"ts":1,"price":2}', "A", "bad_message"),
        (b'{"symbol":5,"ts":1,"price":2}', "A", "bad_message"),
        (b'{"symbol":"A","ts":[1],"price":[2],"mark":"later"}', "A", "bad_message"),
        (b"[" * 100_000, "A", "bad_message"),
        (b'{"symbol":"A","ts":[1,2],"price":5}', "A", "uneven_columns"),
        (b'{"symbol":"A"}', "B", "bad_key"),
        (b'{"symbol":"A","ts":1,"price":2}', None, "bad_key"),
        (b'{"symbol":"","ts":1,"price":2}', "", "bad_symbol"),
    ],
)
def test_a_message_that_is_none_is_rejected_whole(
    value: bytes, key: str | None, reason: str
) -> None:
    batch, faults = read_ticks(message(value, key))
    assert batch is None
    assert [fault.reason for fault in faults] == [reason]
