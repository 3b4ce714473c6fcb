"""Rules about levels: a figure against what it used to be.

```
 z = (value - mean) / deviation        mean and deviation of the values before, decayed
```
Compared with the values before it only, so that a surprise does not explain itself.
"""

from dataclasses import dataclass, field
from math import inf

from streams.domain.context_event import ContextEvent
from streams.domain.context_rules.decay import Moments
from streams.domain.context_rules.gate import GateState, gate
from streams.domain.context_rules.verdict import Verdict, side_of
from streams.domain.signal import Side

_DAY = 86_400_000
_MOST_NAMES = 100


@dataclass(frozen=True, slots=True)
class LevelState:
    """The values so far, and what was told."""

    moments: Moments = field(default_factory=Moments)
    gate: GateState = field(default_factory=GateState)


@dataclass(frozen=True, slots=True)
class FundamentalsRule:
    """Fundamentals: the price-earnings ratio against its own decayed mean.

    Buy when it is at least `change` (a fraction) and `confidence` deviations below its mean: the
    share has become cheap for what it earns. Sell when as far above. After `least` values; a P/E
    <= 0 (a loss) is no price of earnings and is passed over. The strength is the change's size.
    """

    half_life: int = 7 * _DAY
    change: float = 0.1
    confidence: float = 3.0
    least: int = 10
    cooldown: int = _DAY

    @property
    def kind(self) -> str:
        return "fundamentals"

    def step(
        self, state: LevelState | None, event: ContextEvent
    ) -> tuple[LevelState, Verdict | None]:
        """The next state, and what is to be told."""
        before, ratio = state or LevelState(), event.pe_ratio or 0.0
        if not 0 < ratio < 1e100:
            return before, None
        mean = before.moments.mean
        change = ratio / mean - 1 if mean > 0 else 0.0
        z = _surprise(before.moments, ratio)
        known = before.moments.seen >= self.least
        enter = known and abs(change) >= self.change and abs(z) >= self.confidence
        wanted = side_of(-change, enter, abs(change) < self.change / 2)
        gated, side = gate(before.gate, wanted, event.ts, self.cooldown)
        after = LevelState(before.moments.add(event.ts, ratio, self.half_life), gated)
        if side is None:
            return after, None
        said = f"P/E {ratio:.4g} is {100 * change:+.1f} % from its mean of {mean:.4g}"
        return after, Verdict(self.kind, side, abs(change), said)


GOOD = ("gdp", "growth", "payroll", "employment rate", "pmi", "retail", "confidence", "production")
BAD = ("unemployment", "jobless", "inflation", "cpi", "ppi", "interest", "deficit", "default")
"""Words in the name of an indicator of which more is good, or bad, for prices; BAD goes first."""


@dataclass(frozen=True, slots=True)
class EconomicRule:
    """The economy: a figure against the decayed mean of that indicator.

    Tells a surprise of at least `confidence` deviations, after `least` values: Buy when it is good
    for prices, Sell when bad, by the words in the indicator's name (`GOOD`, `BAD`); Neutral where
    they do not say. The strength is the surprise in deviations, at most 100.
    """

    half_life: int = 90 * _DAY
    confidence: float = 2.5
    least: int = 10
    cooldown: int = _DAY

    @property
    def kind(self) -> str:
        return "economic"

    def step(
        self, state: dict[str, LevelState] | None, event: ContextEvent
    ) -> tuple[dict[str, LevelState], Verdict | None]:
        """The next state, by indicator, and what is to be told."""
        name, value = event.indicator_name or "", event.value or 0.0
        every = dict(state or {})
        before = every.pop(name, LevelState())
        if abs(value) > 1e100:
            return {**every, name: before}, None
        z = _surprise(before.moments, value)
        enter = before.moments.seen >= self.least and abs(z) >= self.confidence
        wanted = side_of(z, enter, abs(z) < self.confidence / 2)
        gated, side = gate(before.gate, wanted, event.ts, self.cooldown)
        mean = before.moments.mean
        every[name] = LevelState(before.moments.add(event.ts, value, self.half_life), gated)
        while len(every) > _MOST_NAMES:  # anyone may send names: the one not heard of longest goes
            every.pop(next(iter(every)))
        if side is None:
            return every, None
        said = (
            f"{name} {value:+.4g} against a mean of {mean:+.4g}, {min(abs(z), 100):.1f} deviations"
        )
        return every, Verdict(self.kind, _meaning(name, side), min(abs(z), 100.0), said)


def _surprise(moments: Moments, value: float) -> float:
    """z of a value; infinite against a series that never moved, 0 for a rounding error."""
    off = value - moments.mean
    if not moments.seen or abs(off) <= 1e-9 * max(abs(moments.mean), abs(value)):
        return 0.0
    deviation = moments.deviation
    return off / deviation if deviation > 1e-9 * abs(moments.mean) else (inf if off > 0 else -inf)


def _meaning(name: str, side: Side) -> Side:
    words = name.lower()
    if any(word in words for word in BAD):
        return Side.SELL if side is Side.BUY else Side.BUY
    return side if any(word in words for word in GOOD) else Side.NEUTRAL
