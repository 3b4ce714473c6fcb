"""Average directional index."""

from collections.abc import Sequence
from dataclasses import dataclass

from streams.domain.bar import Bar
from streams.domain.indicators.atr import true_range

State = Sequence[float]


@dataclass(frozen=True, slots=True)
class Adx:
    """How strong a trend is (0 to 100), whatever its direction, and both directional indicators.

    Wilder, New Concepts in Technical Trading Systems, 1978. Of `high - previous high` and
    `previous low - low` the larger one counts where it is positive; `plus_di` and `minus_di` are
    Wilder's averages of them in percent of that of the true range. ADX is Wilder's average of
    `100 * |plus - minus| / (plus + minus)`, and stays where nothing moves. The averages start from
    the sum of the first `period - 1` over `period`, ADX from the mean of `period`, as TA-Lib's do.
    The indicators from bar `period + 1` on, ADX from bar `2 * period`.
    State: bars seen, last high, low, close, four averages; O(1).
    """

    period: int = 14

    @property
    def name(self) -> str:
        return f"adx{self.period}"

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, f"{self.name}_plus_di", f"{self.name}_minus_di")

    def step(self, state: State | None, bar: Bar) -> tuple[list[float], dict[str, float]]:
        if state is None:
            return [1, bar.high, bar.low, bar.close, 0.0, 0.0, 0.0, 0.0], {}
        seen = min(state[0] + 1, 2 * self.period)
        plus, minus, moved = self._averages(state, bar, seen)
        kept = [seen, bar.high, bar.low, bar.close, plus, minus, moved]
        if seen <= self.period:
            return [*kept, 0.0], {}
        up, down = (100 * (plus / moved), 100 * (minus / moved)) if moved else (0.0, 0.0)
        adx = self._adx(state, up, down)
        name = self.name
        values = {f"{name}_plus_di": up, f"{name}_minus_di": down}
        return [*kept, adx], {name: adx, **values} if seen == 2 * self.period else values

    def _averages(self, state: State, bar: Bar, seen: float) -> Sequence[float]:
        _, high, low, close, *averages, _ = state
        up, down = bar.high - high, low - bar.low
        now = (
            up if up > down and up > 0 else 0.0,
            down if down > up and down > 0 else 0.0,
            true_range(bar, close),
        )
        kept = 1.0 if seen <= self.period else 1 - 1 / self.period
        return [
            average * kept + value / self.period
            for average, value in zip(averages, now, strict=True)
        ]

    def _adx(self, state: State, up: float, down: float) -> float:
        seen, before = state[0], state[-1]
        if not up + down:
            return before
        index = 100 * (abs(up - down) / (up + down))
        faded = 0.0 if seen < 2 * self.period else before
        return before + (index - faded) / self.period
