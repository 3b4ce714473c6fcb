"""Anomalies and context signals within the pipelines, without a broker."""

from pathlib import Path

import pytest

from streams.adapters.anomaly_messages import decode_anomaly, is_anomaly
from streams.adapters.context_messages import encode_context, place_headers, place_of
from streams.adapters.messages import Headers, decode_signal, encode, encode_ticks
from streams.adapters.records import Record
from streams.apps.bars import BarsStep
from streams.apps.context_signals import ContextStep
from streams.apps.idle import IdleSymbols
from streams.apps.signals import SignalsStep
from streams.domain.anomaly import Anomaly
from streams.domain.bar import Bar
from streams.domain.context_event import ContextEvent, ContextKind
from streams.domain.signal import Signal
from streams.domain.tick import Mark, TickBatch
from tests.fakes import FakeState, message, metrics, settings

FIVE, MINUTE = 300_000, 60_000


def anomalies(records: list[Record]) -> list[Anomaly]:
    return [decode_anomaly(record.value) for record in records if is_anomaly(record.headers)]


def bar(number: int, close: float = 100.0, interval: str = "5m") -> bytes:
    start = number * FIVE
    return encode(
        Bar("A", interval, start, start + FIVE, 100.0, max(close, 100.0), 100.0, close, 1.0, close,
            1, start)
    )  # fmt: skip


def spiked(
    step: SignalsStep, interval: str = "5m", headers: Headers | None = None
) -> list[Anomaly]:
    state = FakeState()
    for number in range(20):
        step(message(bar(number, interval=interval)), state)
    return anomalies(step(message(bar(20, 112.0, interval), headers=headers), state))


def test_run_signals_tells_of_the_bars_of_signal_intervals() -> None:
    told = spiked(SignalsStep(settings(), metrics()))
    assert [(each.kind, each.severity) for each in told] == [("price_spike", "high")]
    assert spiked(SignalsStep(settings(), metrics()), "1m") == []


def test_or_of_those_that_the_configuration_names(tmp_path: Path) -> None:
    path = tmp_path / "tapedeck.toml"
    path.write_text('[anomalies]\nintervals = ["1m"]\nprice_spike = 0.01')
    step = SignalsStep(settings(TAPEDECK_CONFIG=path), metrics())
    assert [each.severity for each in spiked(step, "1m")] == ["critical"]


def test_the_same_bars_again_tell_nothing_and_the_trace_is_carried() -> None:
    step, state = SignalsStep(settings(), metrics()), FakeState()
    for number in range(20):
        step(message(bar(number)), state)
    trace = [("traceparent", b"00-a-b-01")]
    (record,) = [r for r in step(message(bar(20, 112.0), headers=trace), state)
                 if is_anomaly(r.headers)]  # fmt: skip
    assert dict(record.headers)["traceparent"] == b"00-a-b-01"
    assert step(message(bar(20, 112.0)), state) == []


@pytest.mark.parametrize(
    ("produced", "now", "value"),
    [
        (FIVE + 10, FIVE + 110, None),
        (FIVE + 10, FIVE + 111, 101.0),
        (FIVE + 10, FIVE + 5, None),
        (FIVE - MINUTE, FIVE + 1_000, 61_000.0),
        (FIVE - MINUTE - 1, FIVE + 1_000, None),
        (2 * FIVE + MINUTE, 2 * FIVE + MINUTE + 500, 500.0),
        (2 * FIVE + MINUTE + 1, 2 * FIVE + 10 * MINUTE, None),
        (1_700_000_000_000, 1_700_000_009_000, None),
    ],
)
def test_latency_is_of_live_ticks_only_never_of_a_tape_of_the_past(
    produced: int, now: float, value: float | None
) -> None:
    step = SignalsStep(settings(), metrics(), lambda: now / 1_000)
    headers = [("produced", str(produced).encode())]
    told = anomalies(step(message(bar(0), headers=headers), FakeState()))
    assert {each.kind for each in told} == ({"latency"} if value else set())
    assert [each.value for each in told] == ([value] if value else [])


@pytest.mark.parametrize("produced", [b"", b"soon", b"9" * 5_000, "²".encode()])
def test_a_header_that_is_no_time_is_no_latency(produced: bytes) -> None:
    step = SignalsStep(settings(), metrics())
    assert anomalies(step(message(bar(0), headers=[("produced", produced)]), FakeState())) == []


def test_run_bars_tells_of_crossed_quotes_and_order_and_a_replay_does_not_again() -> None:
    step, state = BarsStep(settings(), metrics()), FakeState()
    ts = [1_000 * n for n in range(40)]
    for at in range(0, 28, 4):
        ts[at], ts[at + 1] = ts[at + 1], ts[at]
    batch = encode_ticks(
        TickBatch("A", ts, [1.0] * 40, source="s", run="r", crossed=[(3, 1.01, 1.0)])
    )
    told = anomalies(step(message(batch), state))
    assert sorted((each.kind, each.interval, each.time) for each in told) == [
        ("crossed_quote", "1m", 3_000), ("out_of_order", "1m", 20_000),
    ]  # fmt: skip
    assert anomalies(step(message(batch, offset=1), state)) == []


def test_a_live_symbol_that_falls_silent_is_stale() -> None:
    idle = IdleSymbols(0)
    step, state = BarsStep(settings(), metrics(), idle), FakeState()
    for second in range(60):
        tick = encode_ticks(TickBatch("A", [1_000 * second], [1.0]))
        step(message(tick, offset=second), state)
    told, clocks = list[Anomaly](), []
    for offset in range(100, 120):
        due = idle.due(1 << 40)
        if not due:
            break
        ((_, clock),) = due
        clocks.append(clock)
        beat = TickBatch("A", mark=Mark.HEARTBEAT, clock=clock)
        told += anomalies(step(message(encode_ticks(beat), offset=offset), state))
    assert clocks == [MINUTE, FIVE, 59_000 + FIVE + 1, 3 * FIVE, 59_000 + 3 * FIVE + 1]
    assert [(each.kind, each.severity) for each in told] == [
        ("stale_feed", "low"), ("stale_feed", "medium"),
    ]  # fmt: skip


def test_the_heartbeats_of_a_replay_are_no_silence() -> None:
    step, state = BarsStep(settings(), metrics()), FakeState()
    step(message(encode_ticks(TickBatch("A", [0, 1_000], [1.0, 1.0], source="s"))), state)
    beat = TickBatch("A", mark=Mark.HEARTBEAT, clock=1 << 40, run="r")
    assert anomalies(step(message(encode_ticks(beat), offset=1), state)) == []


def news(offset: int, score: float = 1.0, key: str | None = "A") -> tuple[bytes, int, str | None]:
    event = ContextEvent(
        "A", offset * 1_000, ContextKind.NEWS_SENTIMENT, sentiment_score=score,
        sentiment_magnitude=1.0,
    )  # fmt: skip
    return encode_context(event), offset, key


def context_step() -> ContextStep:
    return ContextStep(settings(), metrics())


def said(
    step: ContextStep, state: FakeState, first: int, last: int, *, tape: str = "", at: int = 0
) -> list[Signal]:
    """What the events of these numbers raise; those of a tape lie `at` further on in the topic."""
    found = []
    for number in range(first, last):
        value, offset, key = news(number)
        headers = place_headers(tape, number) if tape else []
        told = message(value, key, at + offset, topic="context", partition=3, headers=headers)
        records = step(told, state)
        found += [decode_signal(record.value) for record in records]
    return found


def test_news_become_a_signal_without_a_price() -> None:
    (signal,) = said(context_step(), FakeState(), 0, 20)
    assert (signal.kind, signal.side, signal.price, signal.interval) == ("news", "buy", 0.0, "5m")
    assert signal.id == "A/context/3/6/news"


@pytest.mark.parametrize("tape", ["", "synthetic-1"])
def test_wherever_it_is_killed_and_goes_on_the_signals_are_the_same(tape: str) -> None:
    """State and offset are committed together, so what is read again meets the state of then."""
    whole = said(context_step(), FakeState(), 0, 20, tape=tape)
    assert len(whole) == 1
    for committed in range(20):
        state = FakeState()
        first = said(context_step(), state, 0, committed, tape=tape)
        lost = said(context_step(), FakeState(state), committed, 20, tape=tape)
        again = said(context_step(), state, committed, 20, tape=tape)
        assert (first + again, again) == (whole, lost)
        assert said(context_step(), state, 0, 20, tape=tape) == []


def test_a_tape_that_is_sent_again_raises_nothing_again() -> None:
    step, state = context_step(), FakeState()
    assert said(step, state, 0, 4, tape="synthetic-1") == []
    (signal,) = said(step, state, 0, 20, tape="synthetic-1", at=100)  # it was killed, and goes on
    assert signal.id == "A/synthetic-1/6/news"
    assert said(step, state, 0, 20, tape="synthetic-1", at=200) == []
    (other,) = said(context_step(), FakeState(), 0, 20, tape="synthetic-1", at=300)
    assert other == signal


@pytest.mark.parametrize(
    "place", [b"", b"x", b"/1", b"a/-1", b"a/1/2", b"a b/1", b"\xff/1", b"a/1" + b"0" * 20]
)
def test_a_place_that_is_none_is_passed_over(place: bytes) -> None:
    told = message(b"", offset=7, topic="context", partition=3, headers=[("place", place)])
    assert place_of(told) == ("context/3", 7)


def test_rubbish_and_foreign_keys_are_passed_over() -> None:
    step, state = context_step(), FakeState()
    assert step(message(b"{}", topic="context"), state) == []
    for number in range(20):
        value, offset, _ = news(number)
        assert step(message(value, "B", offset, topic="context"), state) == []
    assert state == {}
