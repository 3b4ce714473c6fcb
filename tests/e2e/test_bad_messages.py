"""Rubbish of every kind straight into Kafka, while the pipelines run: explained, and nothing stops.

Good ticks in the same messages and of the same symbols survive, and no log shows a traceback.
"""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streams.adapters.kafka import producer
from streams.adapters.messages import decode_dead_letter, decode_report
from streams.adapters.offsets import GroupOffsets, TopicReader
from streams.adapters.topics import Topic, Topics
from tests.e2e.stored import export
from tests.embedded import PARTITIONS
from tests.waiting import wait_for

T = 1_709_542_800_000
NAN = float("nan")


def _tick(**fields: Any) -> bytes:
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
        _tick(symbol=5),
        _tick(symbol=None),
        _tick(symbol=["A"]),
        _tick(ts=[], price=[], mark="bogus"),
        _tick(first="one"),
        _tick(first=1.5),
        _tick(source=7),
        _tick(ts=[], price=[], mark="heartbeat", clock="noon"),
        b"\xef\xbb\xbf" + _tick(),
    ),
    *_whole(
        "bad_envelope",
        _tick(first=-1, source="s"),
        _tick(first=1 << 80, source="s"),
        _tick(first=(1 << 63) - 1, source="s"),
        _tick(source="\ud800"),
        _tick(source=""),
        _tick(source="a\0b"),
        _tick(source="s" * 100_000),
        _tick(run="\ud800", ts=[], price=[], mark="end"),
        _tick(run="r\0", ts=[], price=[], mark="end"),
        _tick(ts=[], price=[], mark="heartbeat", clock=1 << 80),
        _tick(ts=[], price=[], mark="heartbeat", clock=-5),
        _tick(ts=[], price=[], mark="heartbeat", clock=8_000_000_000_000),
    ),
    *_whole("bad_key", _tick(), key="B"),
    *_whole("bad_key", _tick(), key=None),
    *_whole("bad_key", _tick(), key=""),
    *_whole("bad_symbol", _tick(symbol="S" * 65), key="S" * 65),
    *_whole("bad_symbol", _tick(symbol=""), key=""),
    *_whole("bad_symbol", _tick(symbol="A\0"), key="A\0"),
    *_whole("bad_symbol", _tick(symbol="\ud800"), key="\ufffd"),
    *_whole("bad_symbol", _tick(symbol=" A"), key=" A"),
    *_whole(
        "uneven_columns",
        _tick(ts=[T, T], price=[1.0]),
        _tick(ts=[T], price=[]),
        _tick(ts=[T], price=[1.0], size=[1, 2]),
        _tick(ts=[T], price=[1.0], high=[2.0]),
        _tick(ts=None),
        _tick(price=None),
    ),
    Case(_tick(price=NAN), ("bad_price",)),
    Case(_tick(price=float("inf")), ("bad_price",)),
    Case(_tick(price=0), ("bad_price",)),
    Case(_tick(price=-1.5), ("bad_price",)),
    Case(_tick(price="10"), ("bad_price",)),
    Case(_tick(price=True), ("bad_price",)),
    Case(_tick(price={"value": 1}), ("bad_price",)),
    Case(_tick(price=10**400), ("bad_price",)),
    Case(_tick(ts=-1), ("bad_time",)),
    Case(_tick(ts=1 << 70), ("bad_time",)),
    Case(_tick(ts=T * 1_000), ("bad_time",)),
    Case(_tick(ts="2024-03-04T09:00:00Z"), ("bad_time",)),
    Case(_tick(ts=T + 0.5), ("bad_time",)),
    Case(_tick(size=-1), ("bad_size",)),
    Case(_tick(size=NAN), ("bad_size",)),
    Case(_tick(open=10.0, high=9.0, low=8.0), ("bad_candle",)),
    Case(_tick(ts=[T, T, T], price=[NAN, None, 10.0]), ("bad_price", "bad_price"), 1),
    Case(_tick(ts=[T, None, T, "x"], price=[1.0] * 4), ("bad_time", "bad_time"), 2),
    Case(_tick(ts=[T, T], price=[10.0, 11.0], size=[1, "many"]), ("bad_size",), 1),
    Case(_tick(ts=[1 << 70, T], price=[10.0, 11.0]), ("bad_time",), 1),
    Case(_tick(venue="X", nested={"a": [1, {}]}), (), 1),
    Case(_tick(mark="bogus"), (), 1),
    Case(_tick(ts=float(T)), (), 1),
    Case(_tick(price=12), (), 1),
    Case(_tick(ts=[], price=[], mark="heartbeat"), (), 0),
    Case(_tick(ts=[], price=[]), (), 0),
]
ELSEWHERE: list[tuple[Topic, bytes | None]] = [
    (Topic.BARS, b"rubbish"),
    (Topic.BARS, None),
    (Topic.BARS, b'{"symbol":"A","interval":"5m"}'),
    (Topic.INDICATORS, b"rubbish"),
    (Topic.SIGNALS, b"\x00"),
    (Topic.SIGNALS, None),
]
_READS = {
    "bars": [Topic.TICKS],
    "signals": [Topic.BARS],
    "archive": [Topic.TICKS, Topic.BARS, Topic.INDICATORS, Topic.SIGNALS, Topic.DEAD_LETTERS],
}
Place = tuple[str, int]


class Sent:
    """A producer that remembers where in Kafka each message went."""

    def __init__(self, kafka: str, topics: Topics) -> None:
        self._producer = producer(kafka)
        self._topics = topics
        self.places: dict[int, Place] = {}

    def __call__(self, number: int, topic: Topic, value: bytes | None, key: str | None) -> None:
        def stored(error: Any, message: Any) -> None:
            assert error is None, error
            self.places[number] = (f"{message.topic()}/{message.partition()}", message.offset())

        self._producer.produce(self._topics.name(topic), value, key, on_delivery=stored)
        assert self._producer.flush(30) == 0


@contextmanager
def pipelines(home: Path, env: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """`tapedeck run` of all that read ticks and bars, in one process with a log."""
    home.mkdir()
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "streams.cli", "run", "bars", "signals", "archive"],
            stdout=log,
            stderr=log,
            env={**os.environ, **env, "TAPEDECK_HOME": str(home)},
            cwd=home,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def work_off(process: subprocess.Popen[bytes], log: Path, kafka: str, topics: Topics) -> None:
    """Return when each pipeline has committed all that it reads; fails when the process ends."""
    reader = TopicReader(kafka)
    for pipeline, reads in _READS.items():
        offsets = GroupOffsets(kafka, topics.group(pipeline))
        for name in map(topics.name, reads):

            def done(name: str = name, offsets: GroupOffsets = offsets) -> bool:
                assert process.poll() is None, log.read_text(errors="replace")[-4_000:]
                ends = reader.ends(name)
                at = offsets.committed(name, ends)
                return all(at[partition] >= end for partition, end in ends.items())

            wait_for(done, f"{pipeline} to work off {name}", 60)
        offsets.close()
    reader.close()


def messages(kafka: str, name: str) -> list[Any]:
    reader = TopicReader(kafka)
    ends = reader.ends(name)
    found = list(reader.read(name, dict.fromkeys(ends, 0), ends))
    reader.close()
    return found


def refusals(kafka: str, topics: Topics) -> dict[Place, Counter[str]]:
    """The reasons of the dead letters by where the refused message is."""
    found: dict[Place, Counter[str]] = {}
    for message in messages(kafka, topics.name(Topic.DEAD_LETTERS)):
        letter = decode_dead_letter(message.value(), message.headers())
        assert letter.detail, letter
        found.setdefault((letter.source, letter.position), Counter())[letter.reason] += 1
    return found


def test_rubbish_is_explained_and_every_good_tick_survives(
    kafka: str, topics: Topics, migrated: str, tmp_path: Path
) -> None:
    env = {
        "KAFKA_BOOTSTRAP_SERVERS": kafka,
        "DATABASE_URL": migrated,
        "TAPEDECK_TOPIC_PREFIX": topics.prefix,
        "TAPEDECK_PARTITIONS": str(PARTITIONS),
        "TAPEDECK_IDLE": "1h",
    }
    home, send = tmp_path / "home", Sent(kafka, topics)
    with pipelines(home, env) as process:
        for number, case in enumerate(CASES):
            send(number, Topic.TICKS, case.value, case.key)
        for number, (topic, value) in enumerate(ELSEWHERE, len(CASES)):
            send(number, topic, value, "A")
        send(-1, Topic.TICKS, _tick(ts=[], price=[], mark="end", run="r"), "A")
        work_off(process, home / "log", kafka, topics)
        work_off(process, home / "log", kafka, topics)  # what the archive itself has refused
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert "Traceback" not in (home / "log").read_text(errors="replace")

    found = refusals(kafka, topics)
    wrong = [
        f"{(case.value or b'')[:120]!r}: expected {case.reasons}, was {dict(was)}"
        for number, case in enumerate(CASES)
        if (was := found.pop(send.places[number], Counter())) != Counter(case.reasons)
    ]
    assert not wrong, "\n".join(wrong)
    bars = [send.places[len(CASES) + n] for n, (t, _) in enumerate(ELSEWHERE) if t is Topic.BARS]
    assert all(found[place] == {"bad_message": 2} for place in bars), "signals and archive say so"
    assert len(found) == len(ELSEWHERE)

    good = sum(case.good for case in CASES)
    [report] = [decode_report(m.value()) for m in messages(kafka, topics.name(Topic.TAPES))]
    assert (report.symbol, report.bars) == ("A", {"1m": 1, "5m": 1, "15m": 1})
    ticks = export(migrated, "ticks")
    assert (len(ticks), {row[0] for row in ticks}) == (good, {"'A'"})
    assert [int(row[10]) for row in export(migrated, "bars")] == [good] * 3
    assert len(export(migrated, "dead_letters")) == sum(
        Counter(case.reasons).total() for case in CASES
    ) + sum(was.total() for was in found.values())
