"""The recommendation: Buy, Sell or Neutral by a weighted vote with hysteresis.

```
   1 |             _______
     |           /        .             enter: Buy from here on
 0.6 |........./...........,............................
     |        /             ,
 0.1 |......./................,.......  leave: Neutral again only below here
   0 |______/                   `______
```
Five votes at every bar flicker: the change of price alone turns at every second bar of a random
walk. So the weighted vote is averaged over some bars, and a recommendation once given stands until
the average has fallen well below where it was given (a Schmitt trigger: O. H. Schmitt, "A
Thermionic Trigger", Journal of Scientific Instruments 15, 1938, pages 24-26).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from streams.domain.errors import ConfigError
from streams.domain.indicator_row import IndicatorRow
from streams.domain.rules.votes import DOWN, NEEDED, UP
from streams.domain.signal import Side, Signal, signal_at

KIND = "recommendation"
WEIGHTS: Mapping[str, float] = {
    "rsi": 1.0, "macd": 1.0, "momentum": 1.0, "change": 0.5, "bollinger": 0.5,
}  # fmt: skip
_POINTS = {UP: 1.0, DOWN: -1.0}


@dataclass(frozen=True, slots=True)
class Recommendation:
    """Says so when what it recommends changes, and only then; it begins with Neutral.

    score = sum(weight * vote) / sum(weight) with UP 1, DOWN -1, NEUTRAL 0, and its exponential
    average over `smooth` bars, started from 0 (1 bar: not averaged). Buy when the average reaches
    `enter`, Sell at `-enter`, Neutral when it is back within `leave`. The strength is the size of
    the average, 0 to 1. Silent until every rule with a weight votes.

    The defaults change what they recommend once in 43 bars of a random walk, so that a Buy or Sell
    comes as seldom as a breakout; without average and hysteresis it would be every fourth bar.
    Raises ConfigError for what cannot work.
    """

    weights: Mapping[str, float] = field(default_factory=lambda: dict(WEIGHTS))
    enter: float = 0.6
    leave: float = 0.1
    smooth: int = 20

    def __post_init__(self) -> None:
        if not 0 <= self.leave < self.enter <= 1:
            raise ConfigError(
                f"leave: expected 0 <= leave < enter <= 1, was {self.leave:g} and {self.enter:g}"
            )
        unknown = [name for name in self.weights if name not in WEIGHTS]
        if unknown:
            raise ConfigError(
                f"weights: expected rules among {', '.join(WEIGHTS)}, was {unknown[0]!r}"
            )
        if not any(self.weights.values()):
            raise ConfigError("weights: expected one above 0, was none")

    @property
    def name(self) -> str:
        return KIND

    @property
    def needed(self) -> tuple[str, ...]:
        """The indicators without which it is silent."""
        return tuple(n for name, weight in self.weights.items() if weight for n in NEEDED[name])

    def step(
        self, state: Sequence[float | str] | None, row: IndicatorRow
    ) -> tuple[Sequence[float | str] | None, Sequence[Signal]]:
        """The average and the side that stands, and a signal when that is another one."""
        score = self._score(row.votes)
        if score is None:
            return state, ()
        before, stands = (0.0, Side.NEUTRAL) if state is None else _read(state)
        average = before + (score - before) * 2 / (1 + self.smooth)
        side = self._side(average, stands)
        after = [average, side.value]
        return after, () if side is stands else (self._signal(row, side, stands, average),)

    def _score(self, votes: Mapping[str, str]) -> float | None:
        points = weights = 0.0
        for name, weight in self.weights.items():
            if weight:
                vote = votes.get(name)
                if vote is None:
                    return None
                points += weight * _POINTS.get(vote, 0.0)
                weights += weight
        return points / weights

    def _side(self, average: float, stands: Side) -> Side:
        if average >= self.enter:
            return Side.BUY
        if average <= -self.enter:
            return Side.SELL
        held = average if stands is Side.BUY else -average
        return stands if stands is not Side.NEUTRAL and held > self.leave else Side.NEUTRAL

    def _signal(self, row: IndicatorRow, side: Side, before: Side, average: float) -> Signal:
        said = " ".join(f"{name} {row.votes[name]}" for name, w in self.weights.items() if w)
        return signal_at(
            row,
            KIND,
            side,
            abs(average),
            f"was {before.value}, weighted vote {average:+.2f}: {said}",
        )


def _read(state: Sequence[float | str]) -> tuple[float, Side]:
    average, side = state
    return float(average), Side(str(side))
