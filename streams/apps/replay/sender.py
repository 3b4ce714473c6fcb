"""Sends a tape's ticks, rejects and marks, and keeps count of what was sent."""

from streams.adapters.messages import encode_ticks
from streams.adapters.tape.chunk import Chunk, Counts, Ticks
from streams.adapters.tape.encode import encode_batch, row_letter
from streams.adapters.tape.grouping import batches
from streams.adapters.tape.rows import Ints
from streams.adapters.tape.tape import Tape
from streams.apps.open_bars import OpenBars
from streams.apps.replay.request import Progress, Report
from streams.apps.replay.sink import Sink
from streams.domain.tick import Mark, TickBatch


class Sender:
    """One run of one tape into one sink."""

    def __init__(self, tape: Tape, sink: Sink, run: str, bars: OpenBars, report: Report) -> None:
        self.run = run
        self.counts = Counts()
        self.sent = 0
        self.lap = 0
        self.first: int | None = None
        self.last: int | None = None
        self._tape = tape
        self._sink = sink
        self._bars = bars
        self._report = report
        self._positions: dict[int, int] = {}
        self._sources = self._lap_sources()

    def start_lap(self, lap: int) -> None:
        """Another reading of the tape: its ticks are others."""
        self.lap = lap
        self._positions = {}
        self._sources = self._lap_sources()

    def rows(self, chunk: Chunk) -> None:
        """Count a chunk's rows and send its rejects as dead letters."""
        self.counts.add(chunk.counts)
        self._positions.update(chunk.positions)
        for number, reject in chunk.rejects:
            name = self._tape.files[number][0].name
            self._sink.reject(row_letter(reject, self._sources[number], name))

    def ticks(self, ticks: Ticks) -> None:
        """Send ticks, a message per symbol and stretch of ordinals."""
        if not len(ticks):
            return
        names, files = self._tape.symbols.names, self._tape.files
        for batch in batches(ticks):
            source, columns = self._sources[batch.file], files[batch.file][1].tick_columns
            value = encode_batch(batch, names[batch.code], source, self.run, columns)
            self._sink.ticks(names[batch.code], value)
        self.sent += len(ticks)
        self._bars.add(ticks.code, ticks.ts, len(names))
        first, last = int(ticks.ts.min()), int(ticks.ts.max())
        self.first = first if self.first is None else min(self.first, first)
        self.last = last if self.last is None else max(self.last, last)

    def heartbeats(self, clock: int, coming: Ints | None = None) -> None:
        """Tell the symbols whose bar has ended by the tape's clock."""
        for code, due in self._bars.due(clock, coming):
            self._mark(code, Mark.HEARTBEAT, due)

    def finish(self, end: bool) -> None:
        """After the last tick: close every bar, or those that have ended; ask for reports."""
        if self.last is None:
            return
        if not end:
            self.heartbeats(self.last)
        for code in self._bars.seen():
            self._mark(code, Mark.END if end else Mark.REPORT, self.last)

    def symbols(self) -> tuple[str, ...]:
        """The symbols that had a tick."""
        return tuple(self._tape.symbols.names[code] for code in self._bars.seen())

    def progress(self, share: float | None = None) -> None:
        """Say where the run is: by the bytes read, or by the `share` of the tape's span."""
        size, read = self._tape.size, self.counts.read
        position = sum(self._positions.values()) if share is None else int(size * share)
        self._report(Progress(position, size, read, self.counts.ticks, self.lap, self.last))

    def _mark(self, code: int, mark: Mark, clock: int) -> None:
        name = self._tape.symbols.names[code]
        batch = TickBatch(name, run=self.run, mark=mark, clock=clock)
        self._sink.ticks(name, encode_ticks(batch))

    def _lap_sources(self) -> list[str]:
        return [self._tape.source(number, self.lap) for number in range(len(self._tape.files))]
