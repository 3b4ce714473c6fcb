"""What `run bars` keeps per symbol: the fold, and the counts of the current replay run."""

from typing import Any

import msgspec

from streams.adapters.settings import Settings
from streams.domain.bar import Bar
from streams.domain.errors import ConfigError
from streams.domain.fold import Fold
from streams.domain.tape_report import TapeReport

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode


class SymbolState:
    """The state of one symbol; `load` and `dump` are the only way in and out of the store."""

    __slots__ = ("bars", "counts", "fold", "intervals", "run", "symbol")

    def __init__(self, symbol: str, settings: Settings, saved: list[Any] | None) -> None:
        self.symbol = symbol
        self.intervals = settings.intervals_key
        if saved is not None and saved[0] != self.intervals:
            raise ConfigError(
                f"TAPEDECK_INTERVALS: the state of {symbol} was made with {saved[0]}, "
                f"was {self.intervals}: set it back, or start anew with `tapedeck reset`"
            )
        _, fold, self.run, self.counts, self.bars = saved or (None, None, None, [0, 0, 0, 0], {})
        self.fold = Fold(symbol, settings.interval_lengths, settings.grace_ms, fold)

    @classmethod
    def load(cls, symbol: str, settings: Settings, saved: bytes | None) -> "SymbolState":
        """Raises ConfigError when the state was made with other intervals."""
        return cls(symbol, settings, _decode(saved) if saved else None)

    def dump(self) -> bytes:
        # The first byte is a msgpack array's: it cannot be mistaken for a time stamp on restore.
        return _encode([self.intervals, self.fold.dump(), self.run, self.counts, self.bars])

    def enter(self, run: str | None) -> None:
        """Counts are of one run of a replay; another run starts at zero."""
        if run is not None and run != self.run:
            self.run, self.counts, self.bars = run, [0, 0, 0, 0], {}

    def count(self, ticks: int, late: int, duplicate: int, rejected: int) -> None:
        self.counts = [
            had + more
            for had, more in zip(self.counts, (ticks, late, duplicate, rejected), strict=True)
        ]

    def count_bars(self, bars: list[Bar]) -> None:
        for bar in bars:
            self.bars[bar.interval] = self.bars.get(bar.interval, 0) + 1

    def report(self) -> TapeReport:
        """What became of the run so far."""
        return TapeReport(self.run or "", self.symbol, *self.counts, bars=self.bars)
