"""Messages that nobody should send, and what must become of them."""

import json
from dataclasses import dataclass
from typing import Any

from streams.adapters.topics import Topic

T = 1_709_542_800_000
NAN = float("nan")


def tick(**fields: Any) -> bytes:
    """A good tick of A, but for the fields given."""
    return json.dumps({"symbol": "A", "ts": T, "price": 10.0} | fields).encode()


@dataclass(frozen=True)
class Case:
    """A message, why it (or a tick of it) is refused, and how many of its ticks are good."""

    value: bytes | None
    reasons: tuple[str, ...] = ()
    good: int = 0
    key: str | None = "A"


def _whole(reason: str, *values: bytes | None, key: str | None = "A") -> list[Case]:
    return [Case(value, (reason,), 0, key) for value in values]


CASES = [
    *_whole(
        "bad_message",
        None,
        b"",
        b"\x00\xff\xfe",
        b"rubbish",
        b"{",
        b"{}",
        b"[]",
        b"[[[1]]]",
        b"null",
        b"3",
        b'"A"',
        b"[" * 200_000,
        b'{"symbol":' * 50_000,
        b'{"symbol": "A", "ts": ' + b"9" * 5_000 + b', "price": 1}',
        tick(symbol=5),
        tick(symbol=None),
        tick(symbol=["A"]),
        tick(ts=[], price=[], mark="bogus"),
        tick(first="one"),
        tick(first=1.5),
        tick(source=7),
        tick(ts=[], price=[], mark="heartbeat", clock="noon"),
    ),
    *_whole(
        "bad_envelope",
        tick(first=-1, source="s"),
        tick(first=1 << 80, source="s"),
        tick(first=(1 << 63) - 1, source="s"),
        tick(source="\ud800"),
        tick(source=""),
        tick(source="a\0b"),
        tick(source="s" * 100_000),
        tick(run="\ud800", ts=[], price=[], mark="end"),
        tick(run="r\0", ts=[], price=[], mark="end"),
        tick(ts=[], price=[], mark="heartbeat", clock=1 << 80),
        tick(ts=[], price=[], mark="heartbeat", clock=-5),
        tick(ts=[], price=[], mark="heartbeat", clock=8_000_000_000_000),
    ),
    *_whole("bad_key", tick(), key="B"),
    *_whole("bad_key", tick(), key=None),
    *_whole("bad_key", tick(), key=""),
    *_whole("bad_symbol", tick(symbol="S" * 65), key="S" * 65),
    *_whole("bad_symbol", tick(symbol=""), key=""),
    *_whole("bad_symbol", tick(symbol="A\0"), key="A\0"),
    *_whole("bad_symbol", tick(symbol="\ud800"), key="\ufffd"),
    *_whole("bad_symbol", tick(symbol=" A"), key=" A"),
    *_whole(
        "uneven_columns",
        tick(ts=[T, T], price=[1.0]),
        tick(ts=[T], price=[]),
        tick(ts=[T], price=[1.0], size=[1, 2]),
        tick(ts=[T], price=[1.0], high=[2.0]),
        tick(ts=None),
        tick(price=None),
    ),
    Case(tick(price=NAN), ("bad_price",)),
    Case(tick(price=float("inf")), ("bad_price",)),
    Case(tick(price=0), ("bad_price",)),
    Case(tick(price=-1.5), ("bad_price",)),
    Case(tick(price="10"), ("bad_price",)),
    Case(tick(price=True), ("bad_price",)),
    Case(tick(price={"value": 1}), ("bad_price",)),
    Case(tick(price=10**400), ("bad_price",)),
    Case(tick(ts=-1), ("bad_time",)),
    Case(tick(ts=1 << 70), ("bad_time",)),
    Case(tick(ts=T * 1_000), ("bad_time",)),
    Case(tick(ts="2024-03-04T09:00:00Z"), ("bad_time",)),
    Case(tick(ts=T + 0.5), ("bad_time",)),
    Case(tick(size=-1), ("bad_size",)),
    Case(tick(size=NAN), ("bad_size",)),
    Case(tick(open=10.0, high=9.0, low=8.0), ("bad_candle",)),
    Case(tick(ts=[T, T, T], price=[NAN, None, 10.0]), ("bad_price", "bad_price"), 1),
    Case(tick(ts=[T, None, T, "x"], price=[1.0] * 4), ("bad_time", "bad_time"), 2),
    Case(tick(ts=[T, T], price=[10.0, 11.0], size=[1, "many"]), ("bad_size",), 1),
    Case(tick(ts=[1 << 70, T], price=[10.0, 11.0]), ("bad_time",), 1),
    Case(tick(venue="X", nested={"a": [1, {}]}), (), 1),
    Case(tick(mark="bogus"), (), 1),
    Case(b"\xef\xbb\xbf" + tick(), (), 1),
    Case(tick(ts=float(T)), (), 1),
    Case(tick(price=12), (), 1),
    Case(tick(ts=[], price=[], mark="heartbeat"), (), 0),
    Case(tick(ts=[], price=[]), (), 0),
]
ELSEWHERE: list[tuple[Topic, bytes | None]] = [
    (Topic.BARS, b"rubbish"),
    (Topic.BARS, None),
    (Topic.BARS, b'{"symbol":"A","interval":"5m"}'),
    (Topic.INDICATORS, b"rubbish"),
    (Topic.SIGNALS, b"\x00"),
    (Topic.SIGNALS, None),
]
