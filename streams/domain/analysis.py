"""From a closed bar to its indicators, votes and findings: one step per bar of a series.

bar -> indicators -> values -> votes -> row -> steps (breakout, recommendation, ...) -> findings
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from streams.domain.bar import Bar
from streams.domain.breakout import Breakout
from streams.domain.indicator_row import IndicatorRow
from streams.domain.indicators.catalogue import WARM_AFTER, standard_set
from streams.domain.indicators.indicator_set import IndicatorSet
from streams.domain.rules.step import Finding, Step
from streams.domain.rules.votes import votes


@dataclass(slots=True)
class AnalysisState:
    """What is remembered between bars: JSON-able, and small."""

    bars: int = 0
    last_start: int = -1
    indicators: dict[str, Any] = field(default_factory=dict)
    breakout: list[float] | None = None
    """Where the breakout's memory was before there were `steps`; read, never written."""
    steps: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Analysis:
    """The indicators and steps of one configuration."""

    indicators: IndicatorSet
    steps: Sequence[Step]

    @classmethod
    def of(
        cls, ema_mode: str, indicators: IndicatorSet | None = None, steps: Sequence[Step] = ()
    ) -> "Analysis":
        """These indicators or the standard set, and `steps` beside the breakout.

        `ema_mode` is `seeded` or `debs`.
        """
        seeded = ema_mode == "seeded"
        return cls(indicators or standard_set(seeded=seeded), (Breakout(seeded), *steps))

    def step(
        self, state: AnalysisState, bar: Bar
    ) -> tuple[AnalysisState, IndicatorRow | None, list[Finding]]:
        """The next state, the row of this bar, and what is found at its close.

        A bar that does not start after the last one has been here before (a crash repeats it) and
        changes nothing.
        """
        if bar.start <= state.last_start:
            return state, None, []
        memory, values = self.indicators.step(state.indicators, bar)
        row = _row(bar, values, warm=state.bars >= WARM_AFTER)
        steps, found = self._look(state, row)
        return AnalysisState(state.bars + 1, bar.start, memory, steps=steps), row, found

    def _look(
        self, state: AnalysisState, row: IndicatorRow
    ) -> tuple[dict[str, Any], list[Finding]]:
        """Every step's memory, and what all of them find, in their order."""
        known = {"breakout": state.breakout, **state.steps} if state.breakout else state.steps
        memory: dict[str, Any] = {}
        found: list[Finding] = []
        for step in self.steps:
            kept, findings = step.step(known.get(step.name), row)
            if kept is not None:
                memory[step.name] = kept
            found.extend(findings)
        return memory, found


def _row(bar: Bar, values: Mapping[str, float], *, warm: bool) -> IndicatorRow:
    return IndicatorRow(
        bar.symbol, bar.interval, bar.start, bar.end,
        bar.open, bar.high, bar.low, bar.close, bar.volume, bar.vwap, bar.trades,
        warm, dict(values), votes(values, bar.close),
    )  # fmt: skip
