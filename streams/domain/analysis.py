"""From a closed bar to its indicators and signals: one symbol, one interval, one step per bar."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from streams.domain.bar import Bar
from streams.domain.breakout import Breakout
from streams.domain.indicator_row import IndicatorRow
from streams.domain.indicators.catalogue import WARM_AFTER, indicators
from streams.domain.indicators.indicator import Indicator
from streams.domain.signal import Signal


@dataclass(slots=True)
class AnalysisState:
    """What is remembered between bars: JSON-able, and small."""

    bars: int = 0
    last_start: int = -1
    indicators: dict[str, Any] = field(default_factory=dict)
    breakout: list[float] | None = None


@dataclass(frozen=True, slots=True)
class Analysis:
    """The indicators and rules of one configuration."""

    indicators: Sequence[Indicator]
    breakout: Breakout

    @classmethod
    def of(cls, ema_mode: str) -> "Analysis":
        """The standard set; `ema_mode` is `seeded` or `debs`."""
        seeded = ema_mode == "seeded"
        return cls(indicators(seeded=seeded), Breakout(seeded))

    def step(
        self, state: AnalysisState, bar: Bar
    ) -> tuple[AnalysisState, IndicatorRow | None, list[Signal]]:
        """The next state, the row of this bar, and its signals.

        A bar that does not start after the last one has been here before (a crash repeats it) and
        changes nothing.
        """
        if bar.start <= state.last_start:
            return state, None, []
        memory: dict[str, Any] = {}
        values: dict[str, float] = {}
        for indicator in self.indicators:
            memory[indicator.name], named = indicator.step(
                state.indicators.get(indicator.name), bar
            )
            values.update(named)
        warm = state.bars >= WARM_AFTER
        crossed, signal = self.breakout.step(state.breakout, bar, values, warm)
        after = AnalysisState(state.bars + 1, bar.start, memory, crossed)
        return after, _row(bar, values, warm), [signal] if signal else []


def _row(bar: Bar, values: Mapping[str, float], warm: bool) -> IndicatorRow:
    return IndicatorRow(
        bar.symbol, bar.interval, bar.start, bar.end,
        bar.open, bar.high, bar.low, bar.close, bar.volume, bar.vwap, bar.trades,
        warm, dict(values),
    )  # fmt: skip
