"""The archive on a real PostgreSQL: what is no tick is stored once, and poison told apart."""

from dataclasses import replace

import pytest
from sqlalchemy import Engine

from streams.adapters.anomaly_events import anomaly_record
from streams.adapters.letters import message_letter
from streams.adapters.messages import encode
from streams.adapters.records import Record
from streams.adapters.signal_events import signal_event
from streams.apps.archive import (
    ArchiveIndicators,
    archive_bar,
    archive_letter,
    archive_signal,
    guarded,
)
from streams.domain.anomaly import Anomaly
from streams.domain.indicator_row import IndicatorRow
from streams.domain.signal import Side, Signal
from tests.broker.archiving import BAR, add, archive_sink, select_rows
from tests.fakes import message

ROW = IndicatorRow(
    "A", "5m", 0, 300_000, 1.0, 2.0, 0.5, 1.5, 9.0, 1.1, 3, False, {"ema38": 0.1}, {"x": "UP"}
)
SPIKE = Anomaly(
    "A/5m/0/anomaly.latency",
    300_000,
    "A",
    "5m",
    "latency",
    "low",
    101.5,
    None,
    100.0,
    0,
    2.0,
    "slow",
)
SIGNAL = Signal("A/5m/0/breakout", 300_000, "A", "5m", "breakout", Side.BUY, 1.5, 0.2, True, "up")


def test_everything_else_is_stored_once(engine: Engine) -> None:
    headers, value = signal_event(SIGNAL)
    sink = archive_sink(engine)
    for _ in range(2):
        add(sink, archive_bar(message(encode(BAR))))
        add(sink, archive_bar(message(encode(replace(BAR, final=False, start=120_000)))))
        add(sink, ArchiveIndicators("5m")(message(encode(ROW))))
        add(sink, archive_signal(message(value, headers=headers)))
        spike = anomaly_record(SPIKE)
        add(sink, archive_signal(message(spike.value, headers=spike.headers)))
        letter = message_letter(message(b"\0\xff"), "bars", "bad_message", "was\0 bad")
        add(sink, archive_letter(message(letter.value, headers=letter.headers)))
        sink.flush()
    assert select_rows(engine, "SELECT * FROM bars") == [
        ("A", "1m", 60_000, 120_000, 1.0, 2.0, 0.5, 1.5, 9.0, 1.1, 3, 119_000)
    ]
    assert select_rows(engine, 'SELECT start_ms, warm, "values", votes FROM indicators') == [
        (0, False, {"ema38": 0.1}, {"x": "UP"})
    ]
    assert select_rows(engine, "SELECT id, side, event_source FROM signals") == [
        ("A/5m/0/breakout", "buy", "/tapedeck/signals")
    ]
    assert select_rows(engine, "SELECT * FROM anomalies") == [
        ("A/5m/0/anomaly.latency", 300_000, "A", "5m", "latency", "low", 101.5, None, 100.0, 0, 2.0,
         "slow", "/tapedeck/anomalies")
    ]  # fmt: skip
    assert select_rows(engine, "SELECT reason, detail, raw::text FROM dead_letters") == [
        ("bad_message", "was\N{REPLACEMENT CHARACTER} bad", "\\x00ff")
    ]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"not json", "bad_message"),
        (b"{}", "bad_message"),
        (encode(replace(BAR, symbol="A\0B")), "unstorable"),
        (encode(replace(BAR, interval="x" * 5_000)), "unstorable"),
    ],
)
def test_poison_becomes_a_dead_letter(value: bytes, reason: str) -> None:
    [letter] = guarded(archive_bar)(message(value, topic="bars", offset=3))
    assert isinstance(letter, Record)
    assert dict(letter.headers)["reason"] == reason.encode()
    assert dict(letter.headers)["id"] == f"archive/bars/0/3/{reason}".encode()
    assert letter.value == value
