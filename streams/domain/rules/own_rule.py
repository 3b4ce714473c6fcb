"""A user's own rule: an expression that becomes true raises a signal."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from streams.domain.indicator_row import IndicatorRow
from streams.domain.rules.expression import Expression
from streams.domain.rules.names import value_of
from streams.domain.signal import Side, Signal, signal_at

PREFIX = "rule:"
"""Of the kind of its signals: `rule:NAME`."""


@dataclass(frozen=True, slots=True)
class OwnRule:
    """Raises a signal at the bar where `when` becomes true after it was false; never else.

    ```
    when     ?  ?  T  T  F  T  T  ?  T  F  T        ? = cannot be told: nothing changes
    signal               F->T           F->T        the first T has not been false before
    ```
    Within `cooldown` ms (of the ends of bars) after a signal the next ones are not raised. It looks
    at the bars of `intervals` (all where it is empty) and of symbols like one of the globs.
    """

    rule: str
    when: Expression
    side: Side
    cooldown: int = 0
    intervals: frozenset[str] = frozenset()
    symbols: tuple[str, ...] = ("*",)

    @property
    def name(self) -> str:
        return PREFIX + self.rule

    def step(
        self, state: Sequence[Any] | None, row: IndicatorRow
    ) -> tuple[list[Any] | None, Sequence[Signal]]:
        """What to remember, and the signal if there is one.

        The memory is the expression's text (another one starts anew), whether it held, when the
        last signal was, and the latest values of its names.
        """
        if not self._concerns(row):
            return None, ()
        if state is None or state[0] != self.when.text:
            state = [self.when.text, None, None, []]
        _, held, last, past = state
        past = [*past, [value_of(row, name) for name in self.when.names]][-self.when.bars :]
        now = self.when.holds(past)
        if now is None:
            return [self.when.text, held, last, past], ()
        rises = now and held is False and (last is None or row.end - last >= self.cooldown)
        after = [self.when.text, now, row.end if rises else last, past]
        return after, (self._signal(row, past[-1]),) if rises else ()

    def _concerns(self, row: IndicatorRow) -> bool:
        return (not self.intervals or row.interval in self.intervals) and any(
            fnmatchcase(row.symbol, glob) for glob in self.symbols
        )

    def _signal(self, row: IndicatorRow, values: Sequence[float]) -> Signal:
        shown = ", ".join(
            f"{name} {value:.6g}" for name, value in zip(self.when.names, values, strict=True)
        )
        return signal_at(
            row,
            self.name,
            self.side,
            1.0,
            f"{' '.join(self.when.text.split())}: {shown}",
        )
