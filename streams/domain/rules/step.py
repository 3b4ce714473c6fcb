"""What follows the indicators: a step looks at the row of a closed bar, and may find something."""

from collections.abc import Sequence
from typing import Any, Protocol

from streams.domain.indicator_row import IndicatorRow
from streams.domain.signal import Signal

Finding = Signal
"""What a step may find."""


class Step(Protocol):
    """One rule over the rows of one symbol and interval, in order.

    Its state is whatever JSON can hold, small, and None before the first row (or when nothing need
    be kept); it must not change what it was given, so dumping and loading it anywhere changes
    nothing.
    """

    @property
    def name(self) -> str:
        """Names its state: two steps with one name would share it."""

    def step(self, state: Any, row: IndicatorRow) -> tuple[Any, Sequence[Finding]]:
        """The next state, and what is found at this bar's close."""
