"""Precision and recall of the anomalies, on a synthetic market with planted ones.

The market's ticks go through the steps of `run bars` and `run signals`, without Kafka, as live
ones would: 20 symbols for two days, about one planted anomaly per symbol in two hours. An alarm is
right when it falls into a planted anomaly of its symbol that it should find, or within ten minutes
after: a bar must close first. It is explained when it falls into any planted one of its symbol: a
gap of 8 % is a spike, too. What the market does of itself (jumps, regimes, trends) is not planted,
so some of the alarms that nothing explains here are right.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np

from streams.adapters.anomaly_messages import decode_anomaly, is_anomaly
from streams.adapters.messages import encode_ticks
from streams.adapters.records import Message, Record
from streams.adapters.synthetic.block import Block, Label
from streams.adapters.synthetic.market import Market
from streams.adapters.synthetic.plan import MarketPlan, symbol_names
from streams.adapters.topics import Topic
from streams.apps.bars import BarsStep
from streams.apps.idle import IdleSymbols
from streams.apps.signals import SignalsStep
from streams.domain.anomaly import Anomaly
from streams.domain.tick import Mark, TickBatch
from tests.bench.table import Row
from tests.fakes import FakeState, metrics, settings

HOURS, SYMBOLS, RATE, PLANTED, SEED = 48, 20, 20.0, 0.5, 7
_START = 1_709_510_400_000
_TOLERANCE = 600_000
FINDS: Mapping[str, tuple[str, ...]] = {
    "price_spike": ("price_spike",),
    "volume_spike": ("volume_spike",),
    "rsi_extreme": ("rsi_extreme",),
    "price_outlier": ("price_spike", "price_gap"),
    "price_gap": ("price_gap",),
    "missing_bars": ("stale_feed",),
    "stale_feed": ("stale_feed",),
    "out_of_order": ("out_of_order",),
    "crossed_quote": ("crossed_quote",),
}
"""What each detector should find, by what is planted."""


class Pipeline:
    """The steps of both pipelines, and the state of every symbol."""

    def __init__(self) -> None:
        self._idle = IdleSymbols(0)
        used = settings()
        self._bars = BarsStep(used, metrics(), self._idle)
        self._signals = SignalsStep(used, metrics())
        self._states: dict[tuple[str, str], FakeState] = defaultdict(FakeState)
        self._offset = 0
        self.told: list[Anomaly] = []

    def take(self, batch: TickBatch, now: int) -> None:
        """One message of live ticks, or a mark."""
        message = self._message("ticks", batch.symbol, encode_ticks(batch), now)
        self._spread(self._bars(message, self._states["bars", batch.symbol]), now)

    def beat(self, now: int) -> None:
        """The heartbeats that are due, as `run bars` sends them."""
        while due := self._idle.due(now):
            for symbol, clock in due:
                self.take(TickBatch(symbol, mark=Mark.HEARTBEAT, clock=clock), now)

    def _spread(self, records: Iterable[Record], now: int) -> None:
        for record in records:
            if is_anomaly(record.headers):
                self.told.append(decode_anomaly(record.value))
            elif record.topic is Topic.BARS:
                message = self._message("bars", record.key, record.value, now)
                self._spread(self._signals(message, self._states["signals", record.key]), now)

    def _message(self, topic: str, key: str, value: bytes, now: int) -> Message:
        self._offset += 1
        return Message(topic, 0, self._offset, key, value, now, [])


def play(plan: MarketPlan, hours: float) -> tuple[list[Anomaly], list[Label]]:
    """What is told of a market, and what was planted."""
    pipeline, labels = Pipeline(), list[Label]()
    for block in Market(plan).blocks(plan.start_ms + int(hours * 3_600_000)):
        for batch in batches(block, plan.symbols):
            pipeline.take(batch, block.end_ms)
        pipeline.beat(block.end_ms)
        labels += block.labels
    return pipeline.told, labels


def batches(block: Block, symbols: tuple[str, ...]) -> Iterator[TickBatch]:
    """The ticks of a block, a batch per symbol, in the order of arrival."""
    for code in np.unique(block.code).tolist():
        here = block.code == code
        bid, ask = block.bid[here], block.ask[here]
        at = np.flatnonzero(bid >= ask)
        crossed = list(zip(at.tolist(), bid[at].tolist(), ask[at].tolist(), strict=True))
        ts, price, size = (getattr(block, name)[here].tolist() for name in ("ts", "price", "size"))
        yield TickBatch(symbols[code], ts, price, size, crossed=crossed or None)


@dataclass(frozen=True, slots=True)
class Score:
    """Of one detector."""

    planted: int
    found: int
    delay: float
    """Median seconds from when it could be seen to the alarm."""
    alarms: int
    right: int
    explained: int

    @property
    def recall(self) -> float:
        return self.found / self.planted if self.planted else 1.0

    @property
    def precision(self) -> float:
        return self.right / self.alarms if self.alarms else 1.0


def score(kind: str, told: Iterable[Anomaly], labels: Sequence[Label]) -> Score:
    """Compare the alarms of a kind with what it should find."""
    alarms = [anomaly for anomaly in told if anomaly.kind == kind]
    wanted = [label for label in labels if label.kind in FINDS[kind]]
    hits = [[alarm for alarm in alarms if _matches(alarm, label)] for label in wanted]
    delays = [(min(a.time for a in hit) - label.time_ms) / 1_000
              for hit, label in zip(hits, wanted, strict=True) if hit]  # fmt: skip
    right = {alarm.id for hit in hits for alarm in hit}
    explained = sum(any(_matches(alarm, label) for label in labels) for alarm in alarms)
    return Score(
        len(wanted), sum(map(bool, hits)), median(delays) if delays else 0.0,
        len(alarms), len(right), explained,
    )  # fmt: skip


def _matches(alarm: Anomaly, label: Label) -> bool:
    within = label.time_ms <= alarm.time <= label.until_ms + _TOLERANCE
    return within and alarm.symbol == label.symbol


def measure(folder: Path) -> Iterator[Row]:
    """A row per detector; `folder` is not used."""
    plan = MarketPlan(
        symbol_names(str(SYMBOLS)), RATE, SEED, _START, anomalies=PLANTED, context_rate=0.0
    )
    told, labels = play(plan, HOURS)
    for kind in FINDS:
        found = score(kind, told, labels)
        loud = score(kind, [a for a in told if a.severity != "low"], labels)
        rates = f"recall {found.recall:.0%}, precision {found.precision:.0%}"
        yield Row(
            f"{kind}: {found.planted} planted, {found.alarms} alarms",
            f"{rates}, after {found.delay:.0f} s",
            f"{found.explained} explained; medium and above: recall {loud.recall:.0%}, "
            f"precision {loud.precision:.0%}",
        )
    quiet, _ = play(
        MarketPlan(symbol_names(str(SYMBOLS)), RATE, SEED + 1, _START, context_rate=0.0,
                   jumps=False, regimes=False), HOURS / 4
    )  # fmt: skip
    days = SYMBOLS * HOURS / 4 / 24
    loud_ones = sum(anomaly.severity in ("high", "critical") for anomaly in quiet)
    yield Row(
        "nothing planted, no jumps: alarms per symbol and day",
        f"{len(quiet) / days:.1f}",
        f"high and critical: {loud_ones / days:.2f}",
    )
