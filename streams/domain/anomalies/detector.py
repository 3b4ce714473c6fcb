"""What a detector is: one kind of anomaly, and one step per closed bar.

A new detector is one small file with a frozen dataclass like `price_spike.PriceSpike`, a ladder in
`rules.LADDERS` and a place in `rules.detectors`. It never raises and never divides by zero: bars
come from elsewhere too.
"""

from typing import Any, Protocol

from streams.domain.anomalies.finding import Finding
from streams.domain.anomalies.ladder import Ladder
from streams.domain.indicator_row import IndicatorRow


class Detector(Protocol):
    """Looks at the bars of one symbol and interval, in order."""

    @property
    def kind(self) -> str:
        """Names the anomaly, its ladder and its state."""

    def step(self, state: Any, row: IndicatorRow, ladder: Ladder) -> tuple[Any, Finding | None]:
        """The next state (JSON-able, None before the first bar), and what is out of the ordinary.

        The state that was given stays as it is.
        """
