from math import inf

import pytest

from streams.adapters.database.rows import (
    UnstorableError,
    bar_row,
    dead_letter_row,
    indicator_row,
    signal_row,
    tick_rows,
)
from streams.adapters.database.writer import Batch
from streams.adapters.messages import decode_dead_letter
from streams.domain.bar import Bar
from streams.domain.dead_letter import DeadLetter
from streams.domain.indicator_row import IndicatorRow
from streams.domain.signal import Side, Signal
from streams.domain.tick import TickBatch

TAPE = TickBatch("A", [30, 10, 20], [1.0, 2.0, 3.0], source="s", first=7)


def _letter(**fields: object) -> DeadLetter:
    known: dict[str, object] = {
        "id": "x", "origin": "bars", "reason": "late", "detail": "", "source": "", "position": 0,
        "raw": b"",
    }  # fmt: skip
    return DeadLetter(**(known | fields))  # type: ignore[arg-type]


def _bar(**fields: object) -> Bar:
    known: dict[str, object] = {
        "symbol": "A", "interval": "1m", "start": 0, "end": 60_000, "open": 1.0, "high": 2.0,
        "low": 0.5, "close": 1.5, "volume": 9.0, "vwap": 1.1, "trades": 3, "last_ts": 59_000,
    }  # fmt: skip
    return Bar(**(known | fields))  # type: ignore[arg-type]


def test_each_span_of_a_tape_is_a_row_known_by_its_first_ordinal_and_least_time() -> None:
    rows = tick_rows(TAPE, [(0, 1), (1, 3)], "ticks/0", 99)
    assert [row.key for row in rows] == [("A", "s", 7, 30), ("A", "s", 8, 10)]


def test_a_message_without_source_is_one_row_known_by_its_offset() -> None:
    batch = TickBatch("A", [30, 10, 20], [1.0, 2.0, 3.0])
    rows = tick_rows(batch, [(0, 1), (2, 3)], "ticks/0", 99)
    assert [row.key for row in rows] == [("A", "ticks/0", 99, 20)]


def test_nothing_new_is_no_row() -> None:
    assert tick_rows(TAPE, [], "ticks/0", 0) == []
    assert tick_rows(TickBatch("A", [1], [1.0]), [], "ticks/0", 0) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("symbol", "A\0"),
        ("symbol", "A" * 301),
        ("interval", "\0"),
        ("start", 1 << 63),
        ("trades", 1 << 64),
        ("last_ts", -(1 << 64)),
    ],
)
def test_a_bar_that_the_store_would_refuse_says_so(field: str, value: object) -> None:
    with pytest.raises(UnstorableError, match=f"^{field}: expected"):
        bar_row(_bar(**{field: value}))


def test_a_signal_and_indicators_with_nul_are_refused() -> None:
    signal = Signal("i", 1, "A", "5m", "breakout", Side.BUY, 1.0, 1.0, True, "a\0b")
    with pytest.raises(UnstorableError, match=r"^reason: expected text without NUL"):
        signal_row(signal, "/s")
    row = IndicatorRow("A", "1m", 0, 1, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1, True, {"a\0": 1.0})
    with pytest.raises(UnstorableError, match=r"^values: expected text without NUL"):
        indicator_row(row)


def test_an_ordinal_beyond_64_bits_is_refused() -> None:
    with pytest.raises(UnstorableError, match=r"^first: expected a 64-bit integer"):
        tick_rows(TickBatch("A", [1], [1.0], source="s", first=1 << 70), [(0, 1)], "t/0", 0)


def test_a_dead_letter_is_always_storable() -> None:
    letter = _letter(id="\0" * 400, detail="\0\ud800", position=1 << 80, raw=b"\0\xff")
    row = dead_letter_row(letter, "dead-letters/0", 5, 1)
    assert len(str(row.key[0])) == 32
    assert b"\0\xff" in row.copy


def test_a_dead_letter_without_id_is_known_by_its_message() -> None:
    assert dead_letter_row(_letter(id=""), "dead-letters/3", 5, 1).key == ("dead-letters/3/5",)


def test_of_a_key_the_last_row_counts_but_of_a_dead_letter_the_first() -> None:
    batch = Batch()
    old, new = bar_row(_bar(close=1.0)), bar_row(_bar(close=inf))
    first, second = (dead_letter_row(_letter(detail=d), "t/0", 1, 1) for d in "ab")
    for row in (old, new, first, second):
        batch.add(row)
    assert list(batch.rows()["bars"].values()) == [new]
    assert list(batch.rows()["dead_letters"].values()) == [first]
    assert batch.counts() == {"bars": 1, "dead_letters": 1}
    batch.clear()
    assert not batch


@pytest.mark.parametrize("position", [b"\xc2\xb2", b"--1", b"9" * 5_000, b"", b"7"])
def test_a_position_in_any_text_is_read(position: bytes) -> None:
    letter = decode_dead_letter(b"", [("position", position)])
    assert letter.position == (7 if position == b"7" else 0)
    assert dead_letter_row(letter, "dead-letters/0", 1, 1).key == ("dead-letters/0/1",)
