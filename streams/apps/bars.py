"""`run bars`: tick batches to bars of every interval, in one stateful step per message."""

import time
from collections.abc import Callable, Sequence
from math import inf

import msgspec
from quixstreams import Application

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
from streams.apps.bar_state import SymbolState
from streams.apps.forming import Forming
from streams.apps.idle import IdleCloser, IdleSymbols
from streams.domain.bar import Bar
from streams.domain.fold import Fold, Late
from streams.domain.screen import screen, tick_json
from streams.domain.seen import admit, seen_key
from streams.domain.spans import Span, intersect
from streams.domain.tick import Mark, Reject, TickBatch

OUTPUTS = (Topic.BARS, Topic.TAPES, Topic.DEAD_LETTERS)
_STATE = "fold"
_encode = msgspec.msgpack.Encoder().encode
_ranges = msgspec.msgpack.Decoder(list[list[int]])


class BarsStep:
    """One `ticks` message to bars, reports and dead letters.

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
        self._metrics = metrics
        self._forming = Forming()
        self._idle = idle or IdleSymbols(settings.idle_ms)
        self._now = now

    def __call__(self, message: Message, state: State) -> list[Record]:
        self._metrics.messages.inc()
        batch, faults = read_ticks(message)
        if batch is None:
            self._metrics.rejected.inc(len(faults))
            return [message_letter(message, "bars", f.reason, f.detail) for f in faults]
        memory = SymbolState.load(batch.symbol, self._settings, state.get_bytes(_STATE))
        memory.enter(batch.run)
        key = seen_key(batch, message.origin)
        seen = state.get_bytes(key)
        ranges = _ranges.decode(seen) if seen else []
        fresh = admit(ranges, batch, message.offset)
        records = self._take(message, batch, fresh, memory)
        if batch.source is None:
            self._watch(message, batch, memory.fold)
        state.set_bytes(_STATE, memory.dump())
        if fresh:
            state.set_bytes(key, _encode(ranges))
        return records

    def _take(
        self, message: Message, batch: TickBatch, fresh: Sequence[Span], memory: SymbolState
    ) -> list[Record]:
        """Fold what is new and good; everything that follows from it."""
        good, bad = screen(batch)
        bars, late = memory.fold.take(batch, intersect(good, fresh))
        bars.extend(_closed_by_mark(batch, memory.fold))
        bad = [fault for fault in bad if any(lo <= fault.position < hi for lo, hi in fresh)]
        duplicates = len(batch) - sum(hi - lo for lo, hi in fresh)
        memory.count(len(batch) - len(bad), len(late), duplicates, len(bad))
        memory.count_bars(bars)
        self._observe(message, len(batch) - len(bad) - duplicates, len(late), duplicates, len(bad))
        trace = message.trace
        return [
            *(Record(Topic.BARS, bar.symbol, encode(bar), trace) for bar in bars),
            *(tick_letter(message, batch, "bars", _late(batch, tick)) for tick in late),
            *(tick_letter(message, batch, "bars", fault) for fault in bad),
            *_report(batch, memory),
            *self._forming.offer(memory.fold, trace),
        ]

    def _watch(self, message: Message, batch: TickBatch, fold: Fold) -> None:
        """Live symbols that fall silent are closed by the wall clock."""
        if len(batch):
            self._idle.tick(batch.symbol, message.timestamp, fold.watermark, fold.next_close())
        else:
            self._idle.closed(batch.symbol, fold.next_close())

    def _observe(self, message: Message, ticks: int, late: int, duplicates: int, bad: int) -> None:
        self._metrics.ticks.inc(ticks)
        if late or duplicates or bad:
            self._metrics.late.inc(late)
            self._metrics.duplicates.inc(duplicates)
            self._metrics.rejected.inc(bad)
        for name, value in message.headers:
            if name == PRODUCED and value.isdigit():
                self._metrics.latency.observe(max(0.0, self._now() - int(value) / 1_000))


def _closed_by_mark(batch: TickBatch, fold: Fold) -> list[Bar]:
    if batch.mark is Mark.END:
        return list(fold.close(inf))
    if batch.mark is Mark.HEARTBEAT and batch.clock is not None:
        return list(fold.close(batch.clock))
    return []


def _report(batch: TickBatch, memory: SymbolState) -> list[Record]:
    if batch.mark not in (Mark.END, Mark.REPORT):
        return []
    return [Record(Topic.TAPES, batch.symbol, encode(memory.report()))]


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
