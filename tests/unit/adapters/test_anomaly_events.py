"""Anomalies on the topic `signals`: as they are described, and told from signals."""

import msgspec
import pytest

from streams.adapters.anomaly_events import anomaly_record
from streams.adapters.anomaly_messages import (
    TYPE,
    decode_anomaly,
    decode_finding,
    encode_anomaly,
    is_anomaly,
)
from streams.adapters.database.rows import UnstorableError, anomaly_row
from streams.adapters.signal_events import signal_event
from streams.adapters.signal_kinds import ANOMALY, CONTEXT_KINDS
from streams.adapters.topics import Topic
from streams.apps.archive import archive_signal
from streams.domain.anomaly import Anomaly, anomaly_id
from streams.domain.signal import Side, Signal
from tests.fakes import message

SPIKE = Anomaly(
    anomaly_id("A", "5m", 0, "price_spike"), 300_000, "A", "5m", "price_spike", "high",
    112.0, 100.0, 105.0, 0, 112.0, "why",
)  # fmt: skip
SIGNAL = Signal("A/5m/0/breakout", 300_000, "A", "5m", "breakout", Side.BUY, 1.5, 0.1, True, "x")


def test_an_anomaly_is_sent_as_it_is_described() -> None:
    record = anomaly_record(decode_anomaly(ANOMALY.example.data), [("produced", b"7"), ("x", b"")])
    assert (record.topic, record.key) == (Topic.SIGNALS, "ACME")
    ours = {name[3:]: text.decode() for name, text in record.headers if name.startswith("ce_")}
    described = {a.name for a in (*ANOMALY.attributes, *ANOMALY.extensions) if not a.optional}
    assert {*ours, "datacontenttype"} - {"specversion"} == described
    assert {n: v for n, v in ANOMALY.example.attributes.items() if n in ours} == ours
    assert record.value == ANOMALY.example.data
    assert ("produced", b"7") in record.headers


def test_readers_of_signals_tell_them_apart_by_the_type() -> None:
    record = anomaly_record(SPIKE)
    headers, value = signal_event(SIGNAL)
    assert (is_anomaly(record.headers), is_anomaly(headers), is_anomaly(None)) == (
        True, False, False,
    )  # fmt: skip
    assert decode_finding(record.value, record.headers) == SPIKE.signal()
    assert decode_finding(value, headers) == SIGNAL
    with pytest.raises(msgspec.ValidationError):
        decode_finding(value, [("ce_type", TYPE.encode())])


def test_each_is_archived_in_its_own_table() -> None:
    record = anomaly_record(SPIKE)
    (row,) = archive_signal(message(record.value, headers=record.headers))
    assert row == anomaly_row(SPIKE, "/tapedeck/anomalies")
    headers, value = signal_event(SIGNAL)
    (other,) = archive_signal(message(value, headers=headers))
    assert getattr(other, "table", None) == "signals"


def test_what_cannot_be_stored_is_said() -> None:
    broken = decode_anomaly(encode_anomaly(SPIKE).replace(b'"why"', b'"w\\u0000"'))
    with pytest.raises(UnstorableError, match="reason: expected text without NUL"):
        anomaly_row(broken, "/s")


@pytest.mark.parametrize("kind", CONTEXT_KINDS, ids=lambda kind: kind.name)
def test_the_context_kinds_are_sent_as_they_are_described(kind: object) -> None:
    from streams.adapters.event_kind import EventKind
    from streams.adapters.messages import decode_signal

    assert isinstance(kind, EventKind)
    headers, _ = signal_event(decode_signal(kind.example.data))
    ours = {name[3:]: text.decode() for name, text in headers if name.startswith("ce_")}
    assert {n: v for n, v in kind.example.attributes.items() if n in ours} == ours
