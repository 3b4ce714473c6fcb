"""Ticks of `POST /ingest` whose time is text."""

import pytest

from functions.ingest.items import Tick, read_item
from functions.ingest.refused import Refused
from tests.generator_shapes import Shape
from tests.unit.functions.ingest_shapes import LATEST

DATED: Shape = {
    "date": "2023-11-14", "symbol": "ES1 Index", "price": 4512.25,
    "timestamp": "2023-11-14 09:30:00",
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("2023-11-14 09:30:00", 1_699_954_200_000),
        ("2023-11-14T09:30:00.123999Z", 1_699_954_200_123),
        ("2023-11-14T09:30:00+01:00", 1_699_950_600_000),
    ],
)
def test_a_tick_may_carry_its_time_as_text(text: str, ms: int) -> None:
    assert read_item(DATED | {"timestamp": text}, LATEST) == Tick("ES1 Index", ms, 4512.25)


@pytest.mark.parametrize(
    "text",
    ["2023-11-14", "2023-02-30 09:30:00", "14/11/2023 09:30:00", "0000-01-01 00:00:00",
     "1969-12-31 23:59:59", "2033-11-14 09:30:00", "2023-11-14 09:30:61", "", "x" * 10_000],
)  # fmt: skip
def test_text_that_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        read_item(DATED | {"timestamp": text}, LATEST)
    assert (refused.value.field, refused.value.reason) == ("timestamp", "bad_time")
