"""When ticks come, of which symbol, and each one's number among its symbol's."""

from dataclasses import dataclass

import numpy as np

from streams.adapters.synthetic.block import Codes, Floats, Ints, Mask
from streams.adapters.synthetic.plan import MarketPlan


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Ticks in ascending time: seconds since the market's start, symbols and ordinals.

    `order` sorts them by symbol, then time; `first` and `last` are where in that order a symbol
    begins and ends.
    """

    seconds: Floats
    code: Codes
    ordinal: Ints
    order: Ints
    first: Ints
    last: Ints

    def __len__(self) -> int:
        return len(self.seconds)

    def of(self, code: int, start: float, end: float) -> Mask:
        """A mask of one symbol's ticks in `[start, end)` seconds."""
        mask: Mask = (self.code == code) & (self.seconds >= start) & (self.seconds < end)
        return mask


def due(rate: float, start: float, end: float) -> int:
    """How many events a rate makes of `[start, end)` seconds; spans that meet add up."""
    return int(rate * end) - int(rate * start)


class Crowd:
    """Who trades: a Poisson process, given how many ticks the rate makes of a span."""

    def __init__(self, plan: MarketPlan, seed: np.random.SeedSequence) -> None:
        self._rate = plan.rate
        self._rng = np.random.default_rng(seed)
        count = len(plan.symbols)
        weights = 1 / np.arange(1, count + 1) ** 0.6  # some trade more than others (Zipf)
        shares = np.cumsum(self._rng.permutation(weights))
        self._shares: Floats = shares / shares[-1]
        self._counts: Ints = np.zeros(count, np.int64)

    def draw(self, start: float, end: float) -> tuple[Floats, Codes]:
        """Seconds, ascending, and symbols of the ticks in `[start, end)`."""
        count = due(self._rate, start, end)
        seconds = np.sort(self._rng.uniform(start, end, count))
        drawn = np.searchsorted(self._shares, self._rng.random(count), side="right")
        return seconds, np.minimum(drawn, len(self._shares) - 1).astype(np.int32)

    def sizes(self, count: int) -> Floats:
        """How large trades are before the hour of the day counts."""
        return self._rng.lognormal(np.log(60), 0.9, count)

    def number(self, seconds: Floats, code: Codes) -> Arrivals:
        """The ticks that are left, numbered on from the last block's."""
        # Radix sort while 16 bits are enough.
        order = np.argsort(code.astype(np.uint16), kind="stable")
        grouped = code[order]
        first = np.flatnonzero(np.diff(grouped, prepend=-1))
        lengths = np.diff(np.append(first, len(code)))
        ordinal = np.empty(len(code), np.int64)
        within = np.arange(len(code)) - np.repeat(first, lengths)
        ordinal[order] = within + self._counts[grouped]
        self._counts[grouped[first]] += lengths
        return Arrivals(seconds, code, ordinal, order, first, first + lengths - 1)
