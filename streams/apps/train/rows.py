"""Rows of indicators to learn from, made from files by the code of the live path."""

from collections.abc import Iterator

from streams.adapters.config_indicators import indicator_sets
from streams.adapters.settings import Settings
from streams.adapters.tape.history import Progress, tape_bars
from streams.adapters.tape.tape import open_tape
from streams.apps.replay.request import ReplayRequest
from streams.domain.analysis import Analysis
from streams.domain.indicator_row import IndicatorRow
from streams.domain.interval import interval_ms
from streams.domain.look_back import LookBack


def rows_of_files(
    settings: Settings, request: ReplayRequest, interval: str, progress: Progress
) -> Iterator[IndicatorRow]:
    """The rows that a replay of these files makes, each symbol's in the order of time.

    Nothing is sent anywhere. Raises InputError or ConfigError when a file cannot be read.
    """
    analysis = Analysis.of(settings.ema_mode, indicator_sets(settings).of(interval))
    look = LookBack(lambda _: analysis)
    lengths = {interval: interval_ms(interval)}
    with open_tape(list(request.files), request.read, request.pick, request.limit) as tape:
        for bar in tape_bars(tape, lengths, settings.grace_ms, progress):
            row, _ = look.take(bar)
            if row is not None:
                yield row
