"""`run signals` without a broker: one bar and a state to indicators and signal events."""

import pytest

from streams.adapters.messages import decode_indicators, decode_signal, encode
from streams.adapters.records import Record
from streams.adapters.topics import Topic
from streams.apps.signals import SignalsStep
from streams.domain.bar import Bar
from streams.domain.errors import ConfigError
from tests.fakes import FakeState, message, metrics, settings

FIVE = 300_000


def bar(number: int, close: float, interval: str = "5m", *, final: bool = True) -> bytes:
    start = number * FIVE
    return encode(
        Bar("A", interval, start, start + FIVE, close, close, close, close, 1.0, close, 1, start,
            final)
    )  # fmt: skip


def step(**values: object) -> SignalsStep:
    return SignalsStep(settings(**values), metrics())


def of(records: list[Record], topic: Topic) -> list[Record]:
    return [record for record in records if record.topic is topic]


def test_a_final_bar_gives_one_row() -> None:
    (record,) = step()(message(bar(0, 10.0)), FakeState())
    row = decode_indicators(record.value)
    assert (record.topic, record.key) == (Topic.INDICATORS, "A")
    assert (row.close, row.values, row.warm) == (10.0, {"ema38": 10.0, "ema100": 10.0}, False)


def test_a_forming_bar_gives_nothing() -> None:
    state = FakeState()
    assert step()(message(bar(0, 10.0, final=False)), state) == []
    assert state == {}


def test_a_crossover_is_a_cloud_event_in_binary_mode_that_carries_the_trace() -> None:
    headers = [("produced", b"5"), ("traceparent", b"00-a-b-01")]
    records = step(TAPEDECK_EMA_MODE="debs")(message(bar(0, 10.0), headers=headers), FakeState())
    (record,) = of(records, Topic.SIGNALS)
    attributes = dict(record.headers)
    assert {name: attributes[f"ce_{name}"] for name in ("id", "source", "type", "time")} == {
        "id": b"A/5m/0/breakout",
        "source": b"/tapedeck/signals",
        "type": b"io.tapedeck.signal.breakout",
        "time": b"1970-01-01T00:05:00Z",
    }
    assert attributes["ce_partitionkey"] == b"A"
    assert attributes["ce_warm"] == b"false"
    assert (attributes["produced"], attributes["traceparent"]) == (b"5", b"00-a-b-01")
    assert decode_signal(record.value).id == "A/5m/0/breakout"


def test_only_signal_intervals_signal_but_every_interval_has_rows() -> None:
    records = step(TAPEDECK_EMA_MODE="debs")(message(bar(0, 10.0, "1m")), FakeState())
    assert [record.topic for record in records] == [Topic.INDICATORS]


def test_a_repeated_bar_gives_nothing() -> None:
    run, state = step(TAPEDECK_EMA_MODE="debs"), FakeState()
    run(message(bar(0, 10.0)), state)
    assert run(message(bar(0, 10.0)), state) == []


def test_intervals_do_not_share_their_averages() -> None:
    run, state = step(), FakeState()
    run(message(bar(0, 10.0, "1m")), state)
    (record,) = run(message(bar(0, 50.0, "5m")), state)
    assert decode_indicators(record.value).values["ema38"] == 50.0


def test_rubbish_becomes_a_dead_letter() -> None:
    (record,) = step()(message(b"{}", topic="bars"), FakeState())
    assert record.topic is Topic.DEAD_LETTERS
    assert dict(record.headers)["reason"] == b"bad_message"


def test_state_of_another_ema_mode_is_refused() -> None:
    state = FakeState()
    step()(message(bar(0, 10.0)), state)
    with pytest.raises(ConfigError, match="tapedeck reset"):
        step(TAPEDECK_EMA_MODE="debs")(message(bar(1, 10.0)), state)
