"""Bars of one interval, and what the live path makes of them: indicators, votes, signals, cards."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from typing import Any

import polars as pl

from streams.adapters.chosen_rule import chosen_rule
from streams.adapters.config_analysis import configured_analyses
from streams.adapters.settings import Settings
from streams.domain.analysis import Analysis
from streams.domain.backtest import HOLD_ONE_SIDED, Backtest, Terms, backtest
from streams.domain.bar import Bar
from streams.domain.equity import Call, Price
from streams.domain.errors import ConfigError
from streams.domain.indicator_row import IndicatorRow
from streams.domain.look_back import LookBack
from streams.domain.rules.own_rule import OwnRule
from streams.domain.rules.step import Step
from streams.domain.rules.votes import VOTERS
from streams.domain.scorecard import HORIZONS, POOLED, Scorecard
from streams.domain.signal import Side, Signal, side_of
from streams.domain.track_record import Series, pooled, record
from streams.research import frames

Card = tuple[str, str, str, int, Scorecard]


@dataclass(frozen=True)
class History:
    """The final bars of one interval, sorted by symbol, then time.

    Every method gives a polars frame; `.to_pandas()` makes a pandas one of it.
    """

    interval: str
    held: Sequence[Bar]
    settings: Settings = field(repr=False)

    def bars(self) -> pl.DataFrame:
        """A row per bar, as `tapedeck export bars` has it."""
        return frames.bar_frame(self.held)

    def indicators(self) -> pl.DataFrame:
        """A row per bar: the configured indicators, null while warming up, and the votes."""
        return frames.indicator_frame(self.rows, self._analysis.indicators.names, VOTERS)

    def signals(self, rule: str, side: str | None = None) -> pl.DataFrame:
        """The signals of a rule: `breakout`, `recommendation`, an own one's name or an expression.

        `side` is what an expression recommends, `buy` unless said. Raises ConfigError.
        """
        return frames.signal_frame(self.found(rule, side))

    def scorecard(
        self, rule: str, side: str | None = None, *, cold: bool = False,
        horizons: Sequence[int] = HORIZONS,
    ) -> pl.DataFrame:  # fmt: skip
        """How good the rule's signals were: a row per symbol and horizon, and `*` for all.

        Signals of the first bars, whose averages are not warm, count only when `cold`.
        """
        return frames.card_frame(self.cards(rule, side, cold=cold, horizons=horizons))

    def backtest(
        self, rule: str, side: str | None = None, *, cold: bool = False, **terms: Any
    ) -> Backtest:
        """What following the rule would have made of 1; `terms` are those of `Terms`.

        A rule that knows one side only would never leave its position: it is left after 20 bars
        unless `hold` says otherwise.
        """
        calls = self._calls(rule, side, cold=cold)
        if "hold" not in terms and isinstance(self._chosen(rule, side), OwnRule):
            terms["hold"] = HOLD_ONE_SIDED
        tape = [
            (symbol, [Price(bar.start, bar.open, bar.close) for bar in bars],
             [Call(bars[at].start, way) for at, way in calls[symbol]])
            for symbol, bars in self._series.items()
        ]  # fmt: skip
        return backtest(tape, Terms(**terms))

    def found(self, rule: str, side: str | None = None) -> list[Signal]:
        """The same as `signals`, as domain values."""
        step = self._chosen(rule, side)
        return [signal for _, signals in self._steps(step) for signal in signals]

    def cards(
        self, rule: str, side: str | None = None, *, cold: bool = False,
        horizons: Sequence[int] = HORIZONS,
    ) -> list[Card]:  # fmt: skip
        """The same as `scorecard`, as (rule, interval, symbol, horizon, card)."""
        if any(horizon < 1 for horizon in horizons):
            raise ConfigError(f"horizons: expected bars from 1 on, was {list(horizons)}")
        calls = self._calls(rule, side, cold=cold)
        found: list[Card] = []
        for horizon in horizons:
            cards = {
                symbol: card
                for symbol, bars in self._series.items()
                if (card := record(Series([b.close for b in bars], calls[symbol]), horizon))
            }
            together = pooled(cards.values())
            named = {**({POOLED: together} if together else {}), **cards}
            found += [(rule, self.interval, symbol, horizon, c) for symbol, c in named.items()]
        return found

    @cached_property
    def rows(self) -> list[IndicatorRow]:
        """What the live path knows at the close of each bar."""
        look = LookBack(lambda _: self._analysis)
        return [row for bar in self.held if (row := look.take(bar)[0]) is not None]

    @cached_property
    def _analysis(self) -> Analysis:
        return Analysis(configured_analyses(self.settings).of(self.interval).indicators, ())

    @cached_property
    def _series(self) -> dict[str, list[Bar]]:
        return {key: [*bars] for key, bars in groupby(self.held, attrgetter("symbol"))}

    def _chosen(self, rule: str, side: str | None) -> Step:
        return chosen_rule(self.settings, rule, self.interval, side_of(side))

    def _steps(self, step: Step) -> Iterable[tuple[IndicatorRow, Sequence[Signal]]]:
        """Every row and what the rule finds there; each symbol has a state of its own."""
        symbol, state = None, None
        for row in self.rows:
            if row.symbol != symbol:
                symbol, state = row.symbol, None
            state, found = step.step(state, row)
            yield row, found

    def _calls(
        self, rule: str, side: str | None, *, cold: bool
    ) -> dict[str, list[tuple[int, Side]]]:
        """By symbol: (index of the bar, side) of every signal that counts."""
        calls: dict[str, list[tuple[int, Side]]] = {symbol: [] for symbol in self._series}
        at = {symbol: -1 for symbol in self._series}
        step = self._chosen(rule, side)
        for row, found in self._steps(step):
            at[row.symbol] += 1
            calls[row.symbol] += [(at[row.symbol], s.side) for s in found if s.warm or cold]
        return calls
