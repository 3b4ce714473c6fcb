"""What `run bars` keeps per symbol: the fold, what it has seen, and counts of the current run."""

from dataclasses import dataclass, field

import msgspec

from streams.adapters.settings import Settings
from streams.domain.anomalies.tick_watch import TickWatchState
from streams.domain.bar import Bar
from streams.domain.errors import ConfigError
from streams.domain.fold import FoldState
from streams.domain.seen import Ranges
from streams.domain.tape_report import TapeReport


@dataclass(slots=True)
class SymbolState:
    """The state of one symbol, stored as it is."""

    intervals: str
    """The set of intervals it was made with; other ones would not fit."""
    fold: FoldState = field(default_factory=FoldState)
    source: str = ""
    """The source of the last ticks; the ranges of other sources are kept apart."""
    seen: Ranges = field(default_factory=list)
    run: str = ""
    ticks: int = 0
    late: int = 0
    duplicate: int = 0
    rejected: int = 0
    bars: dict[str, int] = field(default_factory=dict)
    watch: TickWatchState = field(default_factory=TickWatchState)

    def enter(self, run: str | None) -> None:
        """Counts are of one run of a replay; another run starts at zero."""
        if run is not None and run != self.run:
            self.run, self.bars = run, {}
            self.ticks = self.late = self.duplicate = self.rejected = 0

    def count_bars(self, bars: list[Bar]) -> None:
        for bar in bars:
            self.bars[bar.interval] = self.bars.get(bar.interval, 0) + 1

    def report(self, symbol: str) -> TapeReport:
        """What became of the run so far."""
        return TapeReport(
            self.run, symbol, self.ticks, self.late, self.duplicate, self.rejected, self.bars
        )


# A message starts with a msgpack map's byte: no restore can mistake it for a time stamp.
encode_state = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(SymbolState).decode


def load_state(symbol: str, settings: Settings, saved: bytes | None) -> SymbolState:
    """The saved state or a new one; raises ConfigError when it was made with other intervals."""
    if saved is None:
        return SymbolState(settings.intervals_key)
    state = _decode(saved)
    if state.intervals != settings.intervals_key:
        raise ConfigError(
            f"TAPEDECK_INTERVALS: the state of {symbol} was made with {state.intervals}, "
            f"was {settings.intervals_key}: set it back, or start anew with `tapedeck reset`"
        )
    return state
