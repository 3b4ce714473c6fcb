"""`run bars`: tick batches to bars of every interval, in one stateful step per message."""

import time
from collections.abc import Callable, Sequence
from math import inf

import msgspec
from quixstreams import Application

from streams.adapters.anomaly_events import anomaly_record
from streams.adapters.endpoints import kafka_address
from streams.adapters.heartbeats import Heartbeats, live_symbols
from streams.adapters.letters import message_letter, tick_letter
from streams.adapters.messages import PRODUCED, encode
from streams.adapters.metrics import PipelineMetrics
from streams.adapters.quix import connect
from streams.adapters.records import Message, Record, State
from streams.adapters.settings import Settings
from streams.adapters.tick_messages import read_ticks
from streams.adapters.topics import Topic, Topics
from streams.apps.anomalies import TickWatches
from streams.apps.bar_state import SymbolState, encode_state, load_state
from streams.apps.forming import Forming
from streams.apps.idle import IdleCloser, IdleSymbols
from streams.domain.anomaly import Anomaly
from streams.domain.bar import Bar
from streams.domain.fold import Fold, Late
from streams.domain.screen import screen, tick_json
from streams.domain.seen import admit
from streams.domain.spans import Span, intersect
from streams.domain.tick import Mark, Reject, TickBatch

OUTPUTS = (Topic.BARS, Topic.SIGNALS, Topic.TAPES, Topic.DEAD_LETTERS)
_STATE = "fold"
_encode = msgspec.msgpack.Encoder().encode
_ranges = msgspec.msgpack.Decoder(list[list[int]])


class BarsStep:
    """One `ticks` message to bars, anomalies of its ticks, reports and dead letters.

    State is written last, after all that can fail: the stream library keeps what a failed message
    has already written.
    """

    def __init__(
        self,
        settings: Settings,
        metrics: PipelineMetrics,
        idle: IdleSymbols | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._lengths = settings.interval_lengths
        self._metrics = metrics
        self._forming = Forming()
        self._watches = TickWatches(settings)
        self._idle = idle or IdleSymbols(settings.idle_ms)
        self._now = now

    def __call__(self, message: Message, state: State) -> list[Record]:
        self._metrics.messages.inc()
        batch, faults = read_ticks(message)
        if batch is None:
            self._metrics.rejected.inc(len(faults))
            return [message_letter(message, "bars", f.reason, f.detail) for f in faults]
        memory = load_state(batch.symbol, self._settings, state.get_bytes(_STATE))
        memory.enter(batch.run)
        source = batch.source or message.origin
        if source != memory.source and len(batch):
            _switch_source(memory, source, state)
        fresh = admit(memory.seen, batch, message.offset)
        fold = Fold(batch.symbol, self._lengths, self._settings.grace_ms, memory.fold)
        records = self._take(message, batch, fresh, memory, fold)
        if batch.source is None:
            self._watch(message, batch, fold, memory)
        state.set_bytes(_STATE, encode_state(memory))
        return records

    def _take(
        self,
        message: Message,
        batch: TickBatch,
        fresh: Sequence[Span],
        memory: SymbolState,
        fold: Fold,
    ) -> list[Record]:
        """Fold what is new and good; everything that follows from it."""
        good, bad = screen(batch)
        taken = intersect(good, fresh)
        bars, late = fold.take(batch, taken)
        anomalies = self._look(batch, taken, fold, memory)
        bars.extend(_closed_by_mark(batch, fold))
        bad = [fault for fault in bad if any(lo <= fault.position < hi for lo, hi in fresh)]
        duplicates = len(batch) - sum(hi - lo for lo, hi in fresh)
        memory.ticks += len(batch) - len(bad)
        memory.late += len(late)
        memory.duplicate += duplicates
        memory.rejected += len(bad)
        memory.count_bars(bars)
        self._observe(message, len(batch) - len(bad) - duplicates, len(late), duplicates, len(bad))
        trace = message.trace
        return [
            *(Record(Topic.BARS, bar.symbol, encode(bar), trace) for bar in bars),
            *(anomaly_record(anomaly, trace) for anomaly in anomalies),
            *(tick_letter(message, batch, "bars", _late(batch, tick)) for tick in late),
            *(tick_letter(message, batch, "bars", fault) for fault in bad),
            *_report(batch, memory),
            *self._forming.offer(fold, trace),
        ]

    def _look(
        self, batch: TickBatch, taken: Sequence[Span], fold: Fold, memory: SymbolState
    ) -> list[Anomaly]:
        """What is out of the ordinary about the ticks, or about a live symbol's silence."""
        watch = self._watches.of(batch.symbol)
        if _live_silence(batch):
            memory.watch, found = watch.silence(memory.watch, batch.symbol, batch.clock or 0)
        else:
            memory.watch, found = watch.ticks(memory.watch, batch, taken, fold.behind)
        return found

    def _watch(self, message: Message, batch: TickBatch, fold: Fold, memory: SymbolState) -> None:
        """Live symbols that fall silent are closed, and called stale, by the wall clock."""
        latest = fold.state.watermark
        look = self._watches.of(batch.symbol).next_look(memory.watch, max(latest, batch.clock or 0))
        due = min((at for at in (fold.next_close(), look) if at is not None), default=None)
        if len(batch):
            self._idle.tick(batch.symbol, message.timestamp, latest, due)
        else:
            self._idle.closed(batch.symbol, due)

    def _observe(self, message: Message, ticks: int, late: int, duplicates: int, bad: int) -> None:
        self._metrics.ticks.inc(ticks)
        if late or duplicates or bad:
            self._metrics.late.inc(late)
            self._metrics.duplicates.inc(duplicates)
            self._metrics.rejected.inc(bad)
        for name, value in message.headers:
            if name == PRODUCED and value.isdigit():
                self._metrics.latency.observe(max(0.0, self._now() - int(value) / 1_000))


def _switch_source(memory: SymbolState, source: str, state: State) -> None:
    """Put the ranges of the last source aside and take up those of another."""
    if memory.source:
        state.set_bytes(f"seen:{memory.source}", _encode(memory.seen))
    saved = state.get_bytes(f"seen:{source}")
    memory.source, memory.seen = source, _ranges.decode(saved) if saved else []


def _closed_by_mark(batch: TickBatch, fold: Fold) -> list[Bar]:
    if batch.mark is Mark.END:
        return fold.close(inf)
    if batch.mark is Mark.HEARTBEAT and batch.clock is not None:
        return fold.close(batch.clock)
    return []


def _live_silence(batch: TickBatch) -> bool:
    """A heartbeat of a live symbol; those of a replay name their run."""
    return batch.mark is Mark.HEARTBEAT and batch.run is None and batch.clock is not None


def _report(batch: TickBatch, memory: SymbolState) -> list[Record]:
    if batch.mark not in (Mark.END, Mark.REPORT):
        return []
    return [Record(Topic.TAPES, batch.symbol, encode(memory.report(batch.symbol)))]


def _late(batch: TickBatch, tick: Late) -> Reject:
    detail = f"ts: expected a tick before its {', '.join(tick.intervals)} bar closed"
    return Reject(
        "late", f"{detail}, was {batch.ts[tick.index]}", tick.index, tick_json(batch, tick.index)
    )


def build(app: Application, settings: Settings, metrics: PipelineMetrics) -> None:
    """Put the pipeline on an Application, and a thread beside it that closes idle bars."""
    topics = Topics(settings.topic_prefix)
    address = kafka_address(settings)
    idle = IdleSymbols(settings.idle_ms)
    connect(app, settings, Topic.TICKS, BarsStep(settings, metrics, idle), OUTPUTS)
    shortest, *_, longest = [*settings.interval_lengths.values()] * 2
    for symbol, arrival, ts in live_symbols(address, topics, longest + settings.grace_ms):
        idle.tick(symbol, arrival, ts, ts - ts % shortest + shortest + settings.grace_ms)
    IdleCloser(idle, Heartbeats(address, topics).send).start()
