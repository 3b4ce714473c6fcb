"""Whatever bytes a topic holds, a decoder raises one kind of error."""

from collections.abc import Callable

import msgspec
import pytest

from streams.adapters.context_messages import decode_context
from streams.adapters.messages import (
    decode_bar,
    decode_indicators,
    decode_report,
    decode_signal,
    decode_ticks,
)
from streams.adapters.tick_messages import read_ticks
from tests.fakes import message

NOT_UTF8 = b'{"symbol":"\xed\xa0\x80","ts":[1],"price":[1.0]}'
TOO_DEEP = b'{"symbol":"A","x":' + b"[" * 100_000 + b"]" * 100_000 + b',"ts":[1],"price":[1.0]}'


@pytest.mark.parametrize("value", [b"", b"\xff", b"[]", b"null", NOT_UTF8, TOO_DEEP])
@pytest.mark.parametrize(
    "decode",
    [decode_bar, decode_context, decode_indicators, decode_report, decode_signal, decode_ticks],
)
def test_bytes_that_are_no_message_raise_one_kind_of_error(
    decode: Callable[[bytes], object], value: bytes
) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode(value)


@pytest.mark.parametrize("value", [NOT_UTF8, TOO_DEEP])
def test_such_a_tick_message_is_rejected_whole(value: bytes) -> None:
    batch, (fault,) = read_ticks(message(value))
    assert batch is None
    assert fault.reason in ("bad_message", "bad_symbol")
