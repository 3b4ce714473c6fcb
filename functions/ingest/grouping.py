"""Ticks of many symbols into messages: a batch of columns per symbol and kind of tick."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from functions.ingest.items import Tick
from streams.domain.tick import TickBatch


@dataclass(slots=True)
class _Columns:
    """The open batch of one symbol; all its ticks have a size or none has, so with ranges."""

    sized: bool
    ranged: bool
    ticks: list[Tick] = field(default_factory=list)


def batches(ticks: Iterable[Tick]) -> Iterator[TickBatch]:
    """The ticks of each symbol in the order of arrival; ticks of another kind start a new batch."""
    open_: dict[str, _Columns] = {}
    for tick in ticks:
        sized, ranged = tick.size is not None, tick.range is not None
        columns = open_.get(tick.symbol)
        if columns is None or columns.sized != sized or columns.ranged != ranged:
            if columns is not None:
                yield _batch(columns)
            columns = open_[tick.symbol] = _Columns(sized, ranged)
        columns.ticks.append(tick)
    for columns in open_.values():
        yield _batch(columns)


def _batch(columns: _Columns) -> TickBatch:
    ticks = columns.ticks
    ranges = [tick.range or () for tick in ticks] if columns.ranged else []
    open_, high, low = zip(*ranges, strict=True) if ranges else (None, None, None)
    return TickBatch(
        ticks[0].symbol,
        [tick.ts for tick in ticks],
        [tick.price for tick in ticks],
        [tick.size or 0.0 for tick in ticks] if columns.sized else None,
        open=open_,
        high=high,
        low=low,
    )
