"""The analysis of the live path over bars that are at hand: the same steps, states and order."""

from collections.abc import Callable

from streams.domain.analysis import Analysis, AnalysisState
from streams.domain.bar import Bar
from streams.domain.indicator_row import IndicatorRow
from streams.domain.rules.step import Finding


class LookBack:
    """Takes the bars of any symbols and intervals, each series in the order of its starts."""

    def __init__(self, analysis_of: Callable[[str], Analysis]) -> None:
        """`analysis_of` gives the analysis of an interval."""
        self._of = analysis_of
        self._states: dict[tuple[str, str], AnalysisState] = {}

    def take(self, bar: Bar) -> tuple[IndicatorRow | None, list[Finding]]:
        """The bar's row and what is found at its close; nothing for a bar that was here before."""
        key = bar.symbol, bar.interval
        before = self._states.get(key) or AnalysisState()
        self._states[key], row, found = self._of(bar.interval).step(before, bar)
        return row, found
