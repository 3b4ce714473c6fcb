"""Where a synthetic market goes: Kafka, files, or an ingest URL."""

import time
from collections.abc import Iterator
from threading import Event
from typing import Protocol

import numpy as np
import orjson

from streams.adapters.context_messages import place_headers
from streams.adapters.messages import encode_ticks
from streams.adapters.settings import Settings
from streams.adapters.synthetic.block import Block
from streams.adapters.synthetic.files import table_file, tick_table
from streams.adapters.synthetic.plan import MarketPlan
from streams.adapters.tape.chunk import Ticks
from streams.adapters.tape.encode import encode_batch
from streams.adapters.tape.grouping import Batch, batches
from streams.apps.live_sink import LiveSink
from streams.domain.context_event import ContextEvent
from streams.domain.tick import Mark, TickBatch

_COLUMNS = ("price", "size")


class Target(Protocol):
    """Takes a market, piece by piece, in the order of arrival."""

    failed: int
    """Ticks and events that were refused for good."""

    def ticks(self, block: Block, rows: slice) -> None:
        """These rows of a block."""

    def context(self, events: list[ContextEvent]) -> None:
        """Events beside the ticks."""

    def finish(self, last_ms: int | None) -> bool:
        """The market is over at its time `last_ms`; False when a stop came first."""

    def close(self) -> None:
        """Let go of files and connections, whatever happened."""


class KafkaTarget:
    """Batches of a symbol to `ticks`, events to `context`; those of a tape carry their source."""

    def __init__(self, settings: Settings, plan: MarketPlan, run: str | None, stop: Event) -> None:
        self.failed = 0
        self._sink = LiveSink(settings, stop)
        self._symbols, self._run, self._source = plan.symbols, run, plan.source
        self._seen: set[int] = set()
        self._events = 0

    def ticks(self, block: Block, rows: slice) -> None:
        for batch in batches(_columns(block, rows)):
            symbol = self._symbols[batch.code]
            if self._run is None:
                value = _live(symbol, batch)
            else:
                self._seen.add(batch.code)
                value = encode_batch(batch, symbol, self._source, self._run, _COLUMNS)
            self._sink.ticks(symbol, value)

    def context(self, events: list[ContextEvent]) -> None:
        for event in events:
            tape = self._run is not None
            self._sink.context(event, place_headers(self._source, self._events) if tape else None)
            self._events += 1

    def finish(self, last_ms: int | None) -> bool:
        """Close a tape's bars: it is over for every symbol that had a tick."""
        if self._run is not None and last_ms is not None:
            for code in sorted(self._seen):
                mark = TickBatch(self._symbols[code], run=self._run, mark=Mark.END, clock=last_ms)
                self._sink.ticks(mark.symbol, encode_ticks(mark))
        return self._sink.finish()

    def close(self) -> None:
        """The producer ends with the process."""


class FileTarget:
    """A table file of ticks, or standard output."""

    def __init__(self, name: str, plan: MarketPlan) -> None:
        self.failed = 0
        self._symbols = plan.symbols
        self._file = table_file(name)

    def ticks(self, block: Block, rows: slice) -> None:
        self._file.write(tick_table(block, self._symbols)[rows])

    def context(self, events: list[ContextEvent]) -> None:
        """They have a file of their own (`--context`)."""

    def finish(self, last_ms: int | None) -> bool:
        return True

    def close(self) -> None:
        self._file.close()


def _columns(block: Block, rows: slice) -> Ticks:
    """The rows as a tape's ticks, which are grouped and encoded without a loop over them."""
    code = block.code[rows]
    return Ticks(
        code,
        np.zeros(len(code), np.int16),
        block.ordinal[rows],
        block.ts[rows],
        block.at[rows],
        {
            "price": block.price[rows],
            "size": block.size[rows],
            "bid": block.bid[rows],
            "ask": block.ask[rows],
        },
    )


def _live(symbol: str, batch: Batch) -> bytes:
    """A batch that is known by its place in the topic."""
    told = orjson.loads(encode_batch(batch, symbol, "", "", _COLUMNS)) if _odd(batch) else None
    if told is not None:
        del told["source"], told["first"], told["run"]
        return orjson.dumps(told)
    value = {"symbol": symbol, "ts": batch.ts, **{name: batch.columns[name] for name in _COLUMNS}}
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)


def _odd(batch: Batch) -> bool:
    """Whether a quote is crossed or locked."""
    return bool((batch.columns["bid"] >= batch.columns["ask"]).any())


def slices(block: Block, step_ms: int) -> Iterator[tuple[int, slice]]:
    """(arrival of the last, rows) of a block in steps of time, those without a tick included."""
    done = 0
    for end in range(block.start_ms + step_ms, block.end_ms + step_ms, step_ms):
        upto = int(np.searchsorted(block.at, min(end, block.end_ms)))
        yield min(end, block.end_ms), slice(done, upto)
        done = upto


def now_ms() -> int:
    """Epoch ms."""
    return time.time_ns() // 1_000_000
