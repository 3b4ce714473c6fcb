"""How good a rule is: its signals against what the price did, and against doing it at any time.

```
 bar 0 ends, the signal is raised at its close c0
   | bar 1 | bar 2 | ... | bar h |        the final bars of its symbol and interval, in order: a gap
                             c_h          in time is skipped, so h counts bars, not minutes

 return_h = c_h / c0 - 1        gain = return_h of a buy, -return_h of a sell        hit = gain > 0
```
The base rate is what the same symbol and interval did after all of its bars: for a buy the share
of returns > 0, for a sell of those < 0, for several signals the mean over them, so that it has
their mix of sides. The base's mean return likewise, with the sell's sign. Neutral signals promise
no direction and are not scored.

The interval of the hit rate is of independent signals. Those closer than h bars share returns, and
symbols move together: there the interval is too narrow, the rates and means are not affected.
"""

from dataclasses import dataclass

from streams.domain.wilson import wilson

HORIZONS = (1, 5, 20)
"""Bars after the signal's own."""
POOLED = "*"
"""In the place of a symbol: the signals of all symbols, each against its own symbol's base."""


@dataclass(frozen=True, slots=True)
class Base:
    """The forward returns of all bars of one symbol, interval and horizon."""

    known: int
    up: int
    down: int
    total: float
    """Their sum."""


@dataclass(frozen=True, slots=True)
class Scorecard:
    """The scored signals of one rule, symbol and horizon; there is at least one.

    `base_rate` and `base_mean_return` are None while no bar's forward return is known.
    """

    signals: int
    hits: int
    mean_return: float
    """Mean gain: positive when the price went where the signals said."""
    base_rate: float | None
    base_mean_return: float | None

    @property
    def hit_rate(self) -> float:
        return self.hits / self.signals

    @property
    def interval(self) -> tuple[float, float]:
        """Where the true hit rate is, with 95 % confidence."""
        return wilson(self.hits, self.signals)


def scorecard(
    *, buys: int, sells: int, hits: int, mean_return: float, base: Base | None
) -> Scorecard:
    """The card of `buys` + `sells` scored signals, at least one together."""
    signals = buys + sells
    if base is None or not base.known:
        return Scorecard(signals, hits, mean_return, None, None)
    rate = (buys * base.up + sells * base.down) / (signals * base.known)
    mean = (buys - sells) * base.total / (signals * base.known)
    return Scorecard(signals, hits, mean_return, rate, mean)
