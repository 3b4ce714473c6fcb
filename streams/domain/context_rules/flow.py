"""Rules about flows: many small pushes up and down, and whether they add up to more than chance.

```
 sum = S(w x)     gross = S(w |x|)     z = sum / sqrt(S((w x)^2))
```
x is signed, w halves with age. Were the signs drawn by lot, z would be about standard normal,
whatever the sizes: a single event, however large, has |z| = 1. It takes n equal ones of one sign
for z = sqrt(n).
"""

from dataclasses import dataclass, field
from math import sqrt

from streams.domain.context_event import ContextEvent
from streams.domain.context_rules.decay import Sums
from streams.domain.context_rules.gate import GateState, gate
from streams.domain.context_rules.verdict import Verdict, side_of
from streams.domain.signal import Side

_HOUR, _MINUTE = 3_600_000, 60_000


@dataclass(frozen=True, slots=True)
class FlowState:
    """Decayed x and |x| and, at half the half-life, x squared; and what was told."""

    sums: Sums = field(default_factory=Sums)
    squares: Sums = field(default_factory=Sums)
    gate: GateState = field(default_factory=GateState)


@dataclass(frozen=True, slots=True)
class NewsRule:
    """News: x = score * magnitude, the magnitude at most 1.

    Buy when `sum >= threshold` and `z >= confidence`, Sell below the negatives. The strength is
    |z|.
    """

    half_life: int = 2 * _HOUR
    threshold: float = 1.0
    confidence: float = 2.5
    cooldown: int = 30 * _MINUTE

    @property
    def kind(self) -> str:
        return "news"

    def step(
        self, state: FlowState | None, event: ContextEvent
    ) -> tuple[FlowState, Verdict | None]:
        """The next state, and what is to be told."""
        score, magnitude = event.sentiment_score or 0.0, event.sentiment_magnitude or 0.0
        after = _flown(state or FlowState(), event.ts, score * min(magnitude, 1.0), self.half_life)
        total, z = after.sums.terms[0], _z(after)
        limits = self.threshold, self.confidence, self.cooldown
        after, side = _gated(after, total, z, event.ts, limits)
        if side is None:
            return after, None
        said = f"news add up to {total:+.2f}, {abs(z):.1f} times what chance would"
        return after, Verdict(self.kind, side, abs(z), said)


@dataclass(frozen=True, slots=True)
class OrderBookRule:
    """Orders: x = the quantity, negative of sells.

    Buy when the imbalance `sum / gross` (-1 to 1) is >= `imbalance` and `z >= confidence`, Sell
    below the negatives. The strength is the imbalance's size.
    """

    half_life: int = 5 * _MINUTE
    imbalance: float = 0.3
    confidence: float = 3.0
    cooldown: int = 5 * _MINUTE

    @property
    def kind(self) -> str:
        return "order_book"

    def step(
        self, state: FlowState | None, event: ContextEvent
    ) -> tuple[FlowState, Verdict | None]:
        """The next state, and what is to be told."""
        quantity = min(event.quantity or 0.0, 1e100)
        signed = quantity if event.order_type == "buy" else -quantity
        after = _flown(state or FlowState(), event.ts, signed, self.half_life)
        total, gross = after.sums.terms
        share, z = total / gross if gross else 0.0, _z(after)
        limits = self.imbalance, self.confidence, self.cooldown
        after, side = _gated(after, share, z, event.ts, limits)
        if side is None:
            return after, None
        buys, sells = (gross + total) / 2, (gross - total) / 2
        said = f"orders of late: {buys:.4g} to buy, {sells:.4g} to sell, imbalance {share:+.2f}"
        return after, Verdict(self.kind, side, abs(share), said)


def _gated(
    state: FlowState, size: float, z: float, ts: int, limits: tuple[float, float, int]
) -> tuple[FlowState, Side | None]:
    """Told where size and z reach their limits; over where either falls below half of its own."""
    least, confidence, cooldown = limits
    enter = abs(size) >= least and abs(z) >= confidence
    leave = abs(size) < least / 2 or abs(z) < confidence / 2
    gated, side = gate(state.gate, side_of(size, enter, leave), ts, cooldown)
    return FlowState(state.sums, state.squares, gated), side


def _flown(state: FlowState, ts: int, x: float, half_life: int) -> FlowState:
    """The squares' weights are squared, too: half the half-life."""
    sums = state.sums.add(ts, (x, abs(x)), half_life)
    return FlowState(sums, state.squares.add(ts, (x * x,), half_life // 2), state.gate)


def _z(state: FlowState) -> float:
    square = state.squares.terms[0]
    return state.sums.terms[0] / sqrt(square) if square > 0 else 0.0
