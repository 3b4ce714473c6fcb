"""Moments and cursors of the REST API: what is read back, and what is refused."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.query.cursor import decode_cursor, encode_cursor, scope_of
from functions.query.moment import parse_moment
from functions.query.refusal import RefusedError
from streams.domain.tick import MAX_TS


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("0", 0),
        ("1636362000000", 1_636_362_000_000),
        ("2021-11-08T09:00:00Z", 1_636_362_000_000),
        ("2021-11-08T09:00", 1_636_362_000_000),
        ("2021-11-08 09:00:00", 1_636_362_000_000),
        ("2021-11-08T10:00+01:00", 1_636_362_000_000),
        ("2021-11-08T10:00 01:00", 1_636_362_000_000),
        ("2021-11-08", 1_636_329_600_000),
        ("20211108T090000Z", 1_636_362_000_000),
        ("1970-01-01T00:00:00.000999Z", 0),
    ],
)
def test_moments_are_epoch_ms_or_iso(text: str, ms: int) -> None:
    assert parse_moment(text) == ms


@pytest.mark.parametrize(
    "text",
    ["", "x", "-1", "1e3", "1.5", "1969-12-31", "2200-01-01T00:00:01", "99999999999999999999",
     "2021-02-30", "0001-01-01T00:00+14:00", "²", "2021-11-08T09:00 01:00 02:00"],
)  # fmt: skip
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        parse_moment(text)


@given(st.text())
def test_any_text_is_a_moment_or_a_value_error(text: str) -> None:
    with suppress(ValueError):
        assert 0 <= parse_moment(text) <= MAX_TS


@given(st.lists(st.integers(-(2**63) + 1, 2**63 - 1) | st.booleans(), max_size=4), st.text())
def test_a_cursor_reads_back(parts: list[int | str | bool], asked: str) -> None:
    key = [*parts, asked.replace("\0", "").encode(errors="replace").decode()]
    scope = scope_of("bars", asked)
    text = encode_cursor(scope, key)
    assert decode_cursor(text, scope, [type(part) for part in key]) == key
    with pytest.raises(RefusedError):
        decode_cursor(text, scope_of("bars", asked, 1), [type(part) for part in key])


@given(st.text() | st.binary().map(lambda raw: encode_cursor("s", [raw.hex()])))
def test_any_other_text_is_refused_and_named(text: str) -> None:
    with pytest.raises(RefusedError, match=r"^cursor: expected"):
        decode_cursor(text, "s", [int])


@pytest.mark.parametrize("key", [[2**63], ["a\0b"], [1.5], [None], [True], [], [1, 2]])
def test_keys_that_no_row_has_are_refused(key: Any) -> None:
    kind = str if key and isinstance(key[0], str) else int
    with pytest.raises(RefusedError):
        decode_cursor(encode_cursor("s", key), "s", [kind])
