"""Ticks that were taken before are recognised however they are packed."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from streams.domain.seen import Ranges, admit, seen_key
from streams.domain.tick import TickBatch


def of(first: int, count: int, source: str | None = "file") -> TickBatch:
    return TickBatch("A", [0] * count, [1.0] * count, source=source, first=first)


def test_a_batch_is_new_once() -> None:
    ranges: Ranges = []
    assert admit(ranges, of(0, 5), 1) == [(0, 5)]
    assert admit(ranges, of(0, 5), 2) == []
    assert ranges == [[0, 5]]


def test_the_new_part_of_an_overlapping_batch_is_taken() -> None:
    ranges: Ranges = [[0, 500]]
    assert admit(ranges, of(448, 64), 1) == [(52, 64)]
    assert ranges == [[0, 512]]


def test_holes_are_filled_and_joined() -> None:
    ranges: Ranges = [[0, 2], [4, 6], [9, 10]]
    assert admit(ranges, of(1, 9), 1) == [(1, 3), (5, 8)]
    assert ranges == [[0, 10]]


def test_without_a_source_the_offset_decides() -> None:
    ranges: Ranges = []
    assert admit(ranges, of(0, 2, None), 7) == [(0, 2)]
    assert admit(ranges, of(0, 2, None), 7) == []
    assert admit(ranges, of(0, 1, None), 9) == [(0, 1)]
    assert ranges == [[0, 10]]


def test_a_mark_has_nothing_to_take() -> None:
    ranges: Ranges = []
    assert admit(ranges, of(0, 0), 3) == []
    assert ranges == []


def test_ranges_are_kept_per_source() -> None:
    assert seen_key(of(0, 1), "ticks/3") == "seen:file"
    assert seen_key(of(0, 1, None), "ticks/3") == "seen:ticks/3"


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 12)), max_size=20))
def test_every_ordinal_is_taken_exactly_once(batches: list[tuple[int, int]]) -> None:
    ranges: Ranges = []
    taken: list[int] = []
    for first, count in batches:
        for lo, hi in admit(ranges, of(first, count), 0):
            taken.extend(range(first + lo, first + hi))
    assert sorted(taken) == sorted({f + i for f, n in batches for i in range(n)})
    assert all(a[1] < b[0] for a, b in pairwise(ranges))
