"""What an indicator is: a name or several, and one step per closed bar.

A new indicator is one small file with a frozen dataclass like `ema.Ema`, and a line in
`catalogue.py`. Its state is whatever JSON can hold, O(period) at most, and None before the first
bar; it must not change what it was given, so dumping and loading it anywhere changes nothing.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from streams.domain.bar import Bar


class Indicator(Protocol):
    """Computes named values from the bars of one symbol and interval, in order."""

    @property
    def name(self) -> str:
        """Names its state: two indicators with one name would share it."""

    @property
    def names(self) -> tuple[str, ...]:
        """Of its values, in the order in which people see them."""

    def step(self, state: Any, bar: Bar) -> tuple[Any, Mapping[str, float]]:
        """The next state, and the values at this bar's close; none while warming up."""
