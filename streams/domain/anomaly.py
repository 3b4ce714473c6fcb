"""Anomalies: what is out of the ordinary about a symbol's prices, volumes, quotes or feed."""

from dataclasses import dataclass

from streams.domain.signal import Side, Signal

KIND_PREFIX = "anomaly."
"""Before an anomaly's kind where it stands among signals."""


@dataclass(frozen=True, slots=True)
class Anomaly:
    """A finding about one symbol at `time` (epoch ms UTC).

    Found in a bar, `time` is its end; found in a tick, that tick's time, and `interval` is the
    shortest one. `start` is the start of the bar to look at. `value`, `expected` and `threshold`
    are in the kind's own unit: what was seen, what was to be expected, and the border between the
    two; None where there is none. `price` is the bar's close or the tick's price.
    """

    id: str
    time: int
    symbol: str
    interval: str
    kind: str
    severity: str
    value: float
    expected: float | None
    threshold: float | None
    start: int
    price: float
    reason: str

    @property
    def strength(self) -> float:
        """How many times as far from what was expected as the threshold is; 0 without one."""
        base = self.expected or 0.0
        allowed = abs((self.threshold or 0.0) - base)
        return abs(self.value - base) / allowed if allowed else 0.0

    def signal(self) -> Signal:
        """The same for who knows signals only: neutral, of the kind `anomaly.KIND`."""
        return Signal(
            self.id, self.time, self.symbol, self.interval, f"{KIND_PREFIX}{self.kind}",
            Side.NEUTRAL, self.price, self.strength, True, self.reason,
        )  # fmt: skip


def anomaly_id(symbol: str, interval: str, at: int, kind: str) -> str:
    """A pure function of what it is about: `at` is the start of the bar, or the tick's time."""
    return f"{symbol}/{interval}/{at}/{KIND_PREFIX}{kind}"
