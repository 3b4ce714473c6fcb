"""`run predict` without a broker: when rows are asked about, and what is produced and when."""

from pathlib import Path
from typing import Any

import pytest
from quixstreams.sinks.base import SinkBackpressureError

from streams.adapters.messages import decode_prediction, encode
from streams.adapters.records import Message
from streams.adapters.topics import Topic
from streams.apps.prediction.engine import Engine
from streams.apps.prediction.sink import PORTION, PredictSink
from streams.domain.indicator_row import IndicatorRow
from streams.domain.prediction import POOLED
from tests.fakes import metrics
from tests.unit.apps.predicting import ROWS, shelf_of

NOW = 1_700_000_000.0
WARM = ROWS[100:]


class Outlet:
    """Keeps what is produced; `refuses` so many calls as a full queue does."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes, str, Any]] = []
        self.refuses = 0
        self.waiting = 0

    def produce(self, topic: str, value: bytes, key: str, *, headers: Any) -> None:
        if self.refuses:
            self.refuses -= 1
            raise BufferError
        self.sent.append((topic, value, key, headers))

    def poll(self, timeout: float) -> int:
        return 0

    def flush(self, timeout: float) -> int:
        return self.waiting


class Bench:
    """A sink on a store, and what it sends."""

    def __init__(self, folder: Path) -> None:
        self.outlet = Outlet()
        self.watched: list[IndicatorRow] = []
        self.sink = PredictSink(
            Engine(shelf_of(folder)),
            self.outlet,
            {Topic.PREDICTIONS: "predictions", Topic.DEAD_LETTERS: "dead-letters"},
            metrics(),
            self.watched.append,
            lambda: NOW,
        )

    def add(self, value: bytes, age: float = 0.0, headers: Any = ()) -> None:
        stamped = Message("indicators", 0, 0, "A", value, int((NOW - age) * 1_000), list(headers))
        self.sink.add(stamped, b"A", stamped.timestamp, [], "indicators", 0, 0)


@pytest.fixture
def bench(folder: Path) -> Bench:
    return Bench(folder)


def test_a_fresh_row_is_answered_at_once_and_carries_the_trace(bench: Bench) -> None:
    bench.add(encode(WARM[0]), headers=[("produced", b"5"), ("other", b"x")])
    ((topic, value, key, headers),) = bench.outlet.sent
    said = decode_prediction(value)
    assert (topic, key, headers) == ("predictions", "A", [("produced", b"5")])
    assert (said.symbol, said.start, said.scope) == ("A", WARM[0].start, POOLED)
    assert bench.watched == [WARM[0]]


def test_a_backlog_is_answered_in_portions_and_at_the_checkpoint(bench: Bench) -> None:
    backlog = (WARM * 2)[: PORTION + 3]
    for n, row in enumerate(backlog, 1):
        bench.add(encode(row), age=60)
        assert len(bench.outlet.sent) == (PORTION if n >= PORTION else 0)
    bench.sink.flush()
    assert [decode_prediction(sent[1]).start for sent in bench.outlet.sent] == [
        row.start for row in backlog
    ]


def test_a_fresh_row_takes_along_what_was_held(bench: Bench) -> None:
    bench.add(encode(WARM[0]), age=60)
    bench.add(encode(WARM[1]))
    assert [decode_prediction(sent[1]).start for sent in bench.outlet.sent] == [
        WARM[0].start, WARM[1].start,
    ]  # fmt: skip


def test_a_row_that_warms_up_is_passed_over(bench: Bench) -> None:
    bench.add(encode(ROWS[3]))
    bench.sink.flush()
    assert bench.outlet.sent == []


@pytest.mark.parametrize("value", [b"", b"no json", b"{}", b'{"symbol": 3}', b"\xff"])
def test_what_is_no_row_becomes_a_dead_letter(bench: Bench, value: bytes) -> None:
    bench.add(value)
    bench.add(encode(WARM[0]))
    (letter, said) = bench.outlet.sent
    assert (letter[0], letter[1], letter[2]) == ("dead-letters", value, "predict")
    assert dict(letter[3])["reason"] == b"bad_message"
    assert said[0] == "predictions"


def test_a_full_queue_is_waited_for(bench: Bench) -> None:
    bench.outlet.refuses = 3
    bench.add(encode(WARM[0]))
    assert len(bench.outlet.sent) == 1


def test_nothing_is_committed_before_kafka_has_it(bench: Bench) -> None:
    bench.add(encode(WARM[0]))
    bench.outlet.waiting = 1
    with pytest.raises(SinkBackpressureError):
        bench.sink.flush()
    bench.outlet.waiting = 0
    bench.sink.flush()


def test_what_is_held_when_paused_comes_again(bench: Bench) -> None:
    bench.add(encode(WARM[0]), age=60)
    bench.sink.on_paused()
    bench.sink.flush()
    assert bench.outlet.sent == []
