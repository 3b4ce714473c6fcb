"""`run bars` and `run signals` on a real Kafka, against the literal Quix windows."""

import json
import random
import uuid
from itertools import pairwise
from pathlib import Path

import pytest

from streams.adapters.kafka import producer
from streams.adapters.offsets import TopicReader
from streams.adapters.settings import Settings
from streams.adapters.topics import Topic, Topics, create_topics
from streams.domain.tick import Mark, TickBatch
from tests.fakes import settings
from tests.pipelines import final_bars, send, values, work_off, work_off_bars, work_off_signals
from tests.window_oracle import window_application

Ticks = dict[str, list[tuple[int, float, float]]]


def wired(kafka: str, home: Path, partitions: int = 3, **more: object) -> Settings:
    prefix = f"bars-{uuid.uuid4().hex[:8]}-"
    create_topics(kafka, Topics(prefix), partitions)
    return settings(
        KAFKA_BOOTSTRAP_SERVERS=kafka,
        TAPEDECK_TOPIC_PREFIX=prefix,
        TAPEDECK_PARTITIONS=partitions,
        TAPEDECK_HOME=home / prefix,
        **more,
    )


def in_order(seed: int, symbols: int, count: int) -> Ticks:
    rng = random.Random(seed)
    ticks: Ticks = {f"S{n}": [] for n in range(symbols)}
    clock = dict.fromkeys(ticks, 0)
    for _ in range(count):
        symbol = rng.choice(list(ticks))
        clock[symbol] += rng.choice((0, 1, 900, 40_000, 700_000))
        price, size = round(rng.uniform(1, 500), 3), rng.choice((0.0, 1.0, round(rng.random(), 4)))
        ticks[symbol].append((clock[symbol], price, size))
    return ticks


def batches(ticks: Ticks, most: int, seed: int = 0, *, end: bool = False) -> list[TickBatch]:
    rng = random.Random(seed)
    found = []
    for symbol, rows in ticks.items():
        cuts = [0]
        while cuts[-1] < len(rows):
            cuts.append(min(len(rows), cuts[-1] + rng.randint(1, most)))
        for a, b in pairwise(cuts):
            ts, price, size = zip(*rows[a:b], strict=True)
            found.append(TickBatch(symbol, ts, price, size, source="tape", first=a, run="r"))
        if end:
            found.append(TickBatch(symbol, [], [], mark=Mark.END, run="r"))
    return found


@pytest.mark.timeout(120)
def test_the_fold_equals_the_literal_quix_windows(kafka: str, tmp_path: Path) -> None:
    ours = wired(kafka, tmp_path)
    ticks = in_order(7, 12, 4_000)
    lengths = ours.interval_lengths
    oracle = window_application(
        kafka, ours.topic_prefix, tmp_path / "window", list(lengths.values()), 3
    )
    to = producer(kafka)
    for symbol, rows in ticks.items():
        for ts, price, size in rows:
            value = json.dumps({"ts": ts, "price": price, "size": size}).encode()
            to.produce(f"{ours.topic_prefix}window-ticks", value, symbol.encode())
    assert to.flush(30) == 0
    topic = f"{ours.topic_prefix}window-ticks"
    work_off(oracle, kafka, f"{ours.topic_prefix}window", topic)
    reader = TopicReader(kafka)
    ends = reader.ends(f"{ours.topic_prefix}window-bars")
    expected = set()
    for message in reader.read(f"{ours.topic_prefix}window-bars", dict.fromkeys(ends, 0), ends):
        value = json.loads(message.value())
        open_, high, low, close, volume, notional, trades = value["bar"]
        vwap = notional / volume if volume else close
        row = (value["length"], value["start"], open_, high, low, close, volume, vwap, trades)
        expected.add((message.key().decode(), *row))

    send(ours, batches(ticks, 64))
    work_off_bars(ours)
    found = {
        (
            bar.symbol, lengths[bar.interval], bar.start,
            bar.open, bar.high, bar.low, bar.close, bar.volume, bar.vwap, bar.trades,
        )
        for bar in final_bars(ours).values()
    }  # fmt: skip
    assert len(expected) > 2_000
    assert found == expected


@pytest.mark.timeout(120)
def test_partitions_batches_restarts_and_duplicates_change_no_bar_and_no_indicator(
    kafka: str, tmp_path: Path
) -> None:
    ticks = in_order(11, 5, 900)
    tables = []
    for partitions, most in ((1, 900), (4, 7)):
        ours = wired(kafka, tmp_path, partitions, TAPEDECK_EMA_MODE="debs")
        messages = batches(ticks, most, end=True)
        half = len(messages) // 2
        send(ours, messages[:half])
        work_off_bars(ours)
        work_off_signals(ours)
        send(ours, messages[: half // 2] + messages[half:])  # part of it twice, after a restart
        work_off_bars(ours)
        work_off_signals(ours)
        tables.append(
            (
                final_bars(ours),
                sorted(set(values(ours, Topic.INDICATORS))),
                sorted(set(values(ours, Topic.SIGNALS))),
                sorted(set(values(ours, Topic.DEAD_LETTERS))),
            )
        )
    assert tables[0] == tables[1]
    assert len(tables[0][0]) > 500
