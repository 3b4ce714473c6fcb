"""The bars of a whole tape by polars, and by our reader and fold without Kafka between them."""

from collections import defaultdict
from collections.abc import Collection
from pathlib import Path

import polars as pl

from streams.adapters.messages import decode_bar
from streams.adapters.tape.plan import ReadOptions
from streams.adapters.tape.reading import Pick
from streams.adapters.tape.tape import open_tape
from streams.adapters.topics import Topic
from streams.apps.bars import BarsStep
from streams.apps.open_bars import OpenBars
from streams.apps.replay.request import Progress
from streams.apps.replay.sender import Sender
from streams.domain.bar import Bar
from streams.domain.dead_letter import DeadLetter
from tests.fakes import FakeState, message, metrics, settings

LENGTHS = {"1m": 60_000, "5m": 300_000, "15m": 900_000}
_COLUMNS = {"start": "start_ms", "end": "end_ms", "last_ts": "last_ts_ms"}
_EXACT = ("symbol", "start_ms", "end_ms", "open", "high", "low", "close", "trades", "last_ts_ms")


def compare(
    found: pl.DataFrame, ticks: pl.DataFrame, intervals: Collection[str] = tuple(LENGTHS)
) -> None:
    """Bars of the intervals, by the names of the export, against ticks (symbol ts price size).

    Open, high, low, close, trades and times are equal to the bit, sums to 1e-12.
    """
    assert set(found["interval"]) == set(intervals)
    for interval in intervals:
        expected = _bars(ticks, LENGTHS[interval])
        bars = found.filter(pl.col("interval") == interval).sort("symbol", "start_ms")
        assert bars.select(_EXACT).equals(expected.select(_EXACT)), interval
        for name in ("volume", "vwap"):
            off = (bars[name].cast(float) - expected[name]).abs()
            assert (off <= 1e-12 * expected[name].abs()).all(), f"{interval} {name}"


def _bars(ticks: pl.DataFrame, length: int) -> pl.DataFrame:
    return (
        ticks.with_columns(start_ms=pl.col("ts") // length * length)
        .sort("ts", maintain_order=True)
        .group_by("symbol", "start_ms")
        .agg(
            open=pl.col("price").first(),
            high=pl.col("price").max(),
            low=pl.col("price").min(),
            close=pl.col("price").last(),
            volume=pl.col("size").sum(),
            notional=(pl.col("price") * pl.col("size")).sum(),
            trades=pl.len().cast(pl.Int64),
            last_ts_ms=pl.col("ts").last(),
        )
        .sort("symbol", "start_ms")
        .with_columns(
            end_ms=pl.col("start_ms") + length,
            vwap=pl.when(pl.col("volume") > 0)
            .then(pl.col("notional") / pl.col("volume"))
            .otherwise("close"),
        )
    )


class _Kept:
    """A sink of a replay that keeps its tick messages."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, bytes]] = []

    def ticks(self, symbol: str, value: bytes) -> None:
        self.messages.append((symbol, value))

    def reject(self, letter: DeadLetter) -> None:
        raise AssertionError(letter)

    def finish(self) -> bool:
        """Everything is here already."""
        return True


def _unseen(progress: Progress) -> None:
    """Nobody watches."""


def folded(path: Path) -> pl.DataFrame:
    """The final bars of a tape, by the names of the export: read, batched and folded as ever."""
    step, states = BarsStep(settings(), metrics()), defaultdict[str, FakeState](FakeState)
    bars: list[Bar] = []
    for symbol, value in _messages(path):
        records = step(message(value, symbol), states[symbol])
        found = (decode_bar(record.value) for record in records if record.topic is Topic.BARS)
        bars.extend(bar for bar in found if bar.final)
    names = Bar.__slots__
    columns = {_COLUMNS.get(name, name): [getattr(bar, name) for bar in bars] for name in names}
    return pl.DataFrame(columns)


def _messages(path: Path) -> list[tuple[str, bytes]]:
    kept = _Kept()
    with open_tape([str(path)], ReadOptions(), Pick()) as tape:
        sender = Sender(tape, kept, "run", OpenBars(LENGTHS.values(), 0), _unseen)
        for chunk in tape.chunks():
            sender.rows(chunk)
            sender.ticks(chunk.ticks)
        sender.finish(end=True)
    return kept.messages
