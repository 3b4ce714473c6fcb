"""Rows of indicators to learn from: out of the archive, or made from files by the same code."""

from collections.abc import Callable, Iterator

from streams.adapters.config_indicators import indicator_sets
from streams.adapters.settings import Settings
from streams.adapters.tape.chunk import Chunk
from streams.adapters.tape.grouping import Batch, batches
from streams.adapters.tape.tape import Tape, open_tape
from streams.apps.replay.request import ReplayRequest
from streams.domain.analysis import Analysis, AnalysisState
from streams.domain.bar import Bar
from streams.domain.fold import Fold, FoldState
from streams.domain.indicator_row import IndicatorRow
from streams.domain.interval import interval_ms
from streams.domain.screen import screen
from streams.domain.tick import TickBatch

Progress = Callable[[int, int], None]
"""Takes how much was read, and how much there is (0 where nobody knows)."""


class RowMaker:
    """Ticks of many symbols to the rows of one interval, as `run bars signals` makes them."""

    def __init__(self, settings: Settings, interval: str) -> None:
        self._lengths = {interval: interval_ms(interval)}
        self._grace = settings.grace_ms
        self._analysis = Analysis.of(settings.ema_mode, indicator_sets(settings).of(interval))
        self._folds: dict[str, Fold] = {}
        self._states: dict[str, AnalysisState] = {}

    def take(self, batch: TickBatch) -> Iterator[IndicatorRow]:
        """The rows of the bars that these ticks close."""
        symbol = batch.symbol
        fold = self._folds.get(symbol)
        if fold is None:
            fold = self._folds[symbol] = Fold(symbol, self._lengths, self._grace, FoldState())
        good, _ = screen(batch)
        bars, _ = fold.take(batch, good)
        yield from self._rows(bars)

    def finish(self) -> Iterator[IndicatorRow]:
        """The rows of the bars that are still open: the tape is over."""
        for fold in self._folds.values():
            yield from self._rows(fold.close(float("inf")))

    def _rows(self, bars: list[Bar]) -> Iterator[IndicatorRow]:
        for bar in bars:
            state = self._states.get(bar.symbol) or AnalysisState()
            self._states[bar.symbol], row, _ = self._analysis.step(state, bar)
            if row is not None:
                yield row


def rows_of_files(
    settings: Settings, request: ReplayRequest, interval: str, progress: Progress
) -> Iterator[IndicatorRow]:
    """The rows that a replay of these files makes, each symbol's in the order of time.

    Nothing is sent anywhere. Raises InputError or ConfigError when a file cannot be read.
    """
    maker = RowMaker(settings, interval)
    with open_tape(list(request.files), request.read, request.pick, request.limit) as tape:
        positions: dict[int, int] = {}
        for chunk in tape.chunks():
            positions.update(chunk.positions)
            for batch in _tick_batches(tape, chunk):
                yield from maker.take(batch)
            progress(sum(positions.values()), tape.size)
    yield from maker.finish()


def _tick_batches(tape: Tape, chunk: Chunk) -> Iterator[TickBatch]:
    for batch in batches(chunk.ticks):
        columns = tape.files[batch.file][1].tick_columns
        yield _tick_batch(batch, tape.symbols.names[batch.code], columns)


def _tick_batch(batch: Batch, symbol: str, columns: tuple[str, ...]) -> TickBatch:
    """The batch as `run bars` reads it: plain numbers, and only the columns of its file."""
    held = {name: batch.columns[name].tolist() for name in columns}
    return TickBatch(symbol, batch.ts.tolist(), **held)
