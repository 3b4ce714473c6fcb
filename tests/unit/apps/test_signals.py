"""`run signals` without a broker: one bar and a state to indicators and signal events."""

from pathlib import Path

import msgspec
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
    assert (row.close, row.warm) == (10.0, False)
    assert row.values == dict.fromkeys(("ema12", "ema26", "ema38", "ema100", "vwap_session"), 10.0)


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


def all_of(run: SignalsStep, closes: list[float], interval: str = "5m") -> list[Record]:
    """Everything that comes of bars with these closes."""
    state, records = FakeState(), []
    for number, close in enumerate(closes):
        records += run(message(bar(number, close, interval)), state)
    return records


def test_five_rules_vote_at_every_bar_once_their_indicators_are_there() -> None:
    rows = [decode_indicators(r.value) for r in all_of(step(), [100.0 + n for n in range(40)])
            if r.topic is Topic.INDICATORS]  # fmt: skip
    assert rows[1].votes == {"change": "UP"}
    assert rows[-1].votes == {
        "rsi": "UP", "macd": "UP", "momentum": "UP", "change": "UP", "bollinger": "NEUTRAL",
    }  # fmt: skip


def test_a_recommendation_is_an_event_of_its_own_type_when_it_changes() -> None:
    climb = [100.0 + n for n in range(80)]
    events = of(all_of(step(), [*climb, *[180.0 - 2 * n for n in range(60)]]), Topic.SIGNALS)
    ours = [r for r in events if dict(r.headers)["ce_type"] == b"io.tapedeck.signal.recommendation"]
    assert [dict(r.headers)["ce_side"] for r in ours] == [b"buy", b"neutral", b"sell"]
    assert [decode_signal(r.value).kind for r in ours] == ["recommendation"] * 3


RULES = """
[recommendation]
enabled = false
[[rules]]
name = "dear"
when = "close > 105"
side = "sell"
intervals = ["1m", "5m"]
[[rules]]
name = "usual"
when = "close > 103"
side = "buy"
symbols = ["A"]
"""


@pytest.mark.parametrize(("interval", "kinds"), [("5m", ["usual", "dear"]), ("1m", ["dear"])])
def test_an_own_rule_is_of_one_type_for_all_and_says_its_intervals(
    interval: str, kinds: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "tapedeck.toml"
    path.write_text(RULES)
    closes = [100.0 + n for n in range(10)]
    signals = of(all_of(step(TAPEDECK_CONFIG=str(path)), closes, interval), Topic.SIGNALS)
    events = [r for r in signals if decode_signal(r.value).kind != "breakout"]
    assert [decode_signal(r.value).kind for r in events] == [f"rule:{kind}" for kind in kinds]
    assert {dict(r.headers)["ce_type"] for r in events} == {b"io.tapedeck.signal.rule"}
    assert dict(events[0].headers)["ce_kind"] == f"rule:{kinds[0]}".encode()


def test_the_state_of_before_there_were_steps_still_knows_the_averages() -> None:
    """As it was stored by 0.1: bars, start, the EMAs' memory, and the breakout's."""
    run, state = step(TAPEDECK_EMA_MODE="debs"), FakeState()
    old = {"bars": 1, "last_start": 0, "indicators": {"ema38": 9.0, "ema100": 10.0},
           "breakout": [9.0, 10.0]}  # fmt: skip
    state["5m"] = msgspec.msgpack.encode(["debs", old])
    (signal,) = of(run(message(bar(1, 100.0)), state), Topic.SIGNALS)
    assert decode_signal(signal.value).side == "buy"
    before = msgspec.msgpack.decode(state["5m"])[1]
    assert (before["breakout"], len(before["steps"]["breakout"])) == (None, 2)
