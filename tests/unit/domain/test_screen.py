"""A bad tick rejects itself, never its batch."""

from math import inf, nan
from typing import Any

import pytest

from streams.domain.screen import batch_fault, screen
from streams.domain.tick import TickBatch


def test_a_good_batch_is_one_span() -> None:
    assert screen(TickBatch("A", [1, 2], [1.0, 2.0], [0.0, 5.0])) == ([(0, 2)], [])


def test_a_mark_has_no_span() -> None:
    assert screen(TickBatch("A")) == ([], [])


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("price", nan, "bad_price"),
        ("price", inf, "bad_price"),
        ("price", 0.0, "bad_price"),
        ("price", -1.0, "bad_price"),
        ("price", "12", "bad_price"),
        ("price", None, "bad_price"),
        ("size", -1.0, "bad_size"),
        ("size", nan, "bad_size"),
        ("size", "x", "bad_size"),
        ("ts", -1, "bad_time"),
        ("ts", 1 << 60, "bad_time"),
        ("ts", "2024", "bad_time"),
    ],
)
def test_only_the_bad_tick_is_rejected(column: str, value: Any, reason: str) -> None:
    batch = TickBatch("A", [1, 2, 3], [1.0, 2.0, 3.0], [1.0, 1.0, 1.0])
    getattr(batch, column)[1] = value
    spans, rejects = screen(batch)
    assert spans == [(0, 1), (2, 3)]
    assert [(reject.reason, reject.position) for reject in rejects] == [(reason, 1)]
    assert repr(value) in rejects[0].detail


@pytest.mark.parametrize(
    ("open_", "high", "low", "close"),
    [(1.0, 1.0, 2.0, 1.0), (5.0, 4.0, 1.0, 2.0), (2.0, 3.0, 1.0, 4.0), (1.0, 2.0, 0.0, 1.0)],
)
def test_a_candle_must_hold_together(open_: float, high: float, low: float, close: float) -> None:
    candle = TickBatch("A", [1], [close], None, [open_], [high], [low])
    spans, rejects = screen(candle)
    assert (spans, rejects[0].reason) == ([], "bad_candle")


@pytest.mark.parametrize(
    ("batch", "reason"),
    [
        (TickBatch("", [1], [1.0]), "bad_symbol"),
        (TickBatch("A" * 65, [1], [1.0]), "bad_symbol"),
        (TickBatch("A\x00", [1], [1.0]), "bad_symbol"),
        (TickBatch(" A", [1], [1.0]), "bad_symbol"),
        (TickBatch("A", [1, 2], [1.0]), "uneven_columns"),
        (TickBatch("A", [1], [1.0], [1.0, 2.0]), "uneven_columns"),
        (TickBatch("A", [1], [1.0], None, [1.0]), "uneven_columns"),
    ],
)
def test_a_batch_that_cannot_be_told_apart_is_rejected_whole(batch: TickBatch, reason: str) -> None:
    fault = batch_fault(batch)
    assert fault is not None
    assert fault[0] == reason


def test_a_batch_that_holds_together_has_no_fault() -> None:
    assert batch_fault(TickBatch("ES1 Index", [1], [1.0], [1.0])) is None
