"""Rubbish of every kind straight into Kafka, while the pipelines run: explained, and nothing stops.

Good ticks in the same messages and of the same symbols survive, and no log shows a traceback.
"""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from streams.adapters.kafka import producer
from streams.adapters.messages import decode_dead_letter, decode_report
from streams.adapters.offsets import GroupOffsets, TopicReader
from streams.adapters.topics import Topic, Topics
from streams.domain.errors import ServiceError
from tests.e2e.rubbish import CASES, ELSEWHERE, tick
from tests.e2e.stored import export
from tests.embedded import PARTITIONS
from tests.waiting import wait_for

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
                try:
                    at = offsets.committed(name, ends)
                except ServiceError:  # a young Kafka's groups have no coordinator for a moment
                    return False
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
        send(-1, Topic.TICKS, tick(ts=[], price=[], mark="end", run="r"), "A")
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
