"""What is known at the close of one bar: the bar, its indicators, and whether they are warm."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class IndicatorRow:
    """The named indicator values of one final bar.

    `values` holds only what has a value: an indicator that is warming up is absent (EMAs never
    are). `votes` maps a rule to `UP`, `DOWN` or `NEUTRAL`. Times are epoch ms UTC.
    """

    symbol: str
    interval: str
    start: int
    end: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    vwap: float
    trades: int
    warm: bool
    values: dict[str, float] = field(default_factory=dict)
    votes: dict[str, str] = field(default_factory=dict)
