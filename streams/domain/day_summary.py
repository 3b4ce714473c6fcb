"""What one symbol did on one UTC day, from the bars of its shortest interval.

The day of a bar is that of its start. The day of a signal is that of its bar: a signal raised at
midnight is about the day that ends there.
"""

from dataclasses import dataclass

from streams.domain.interval import DAY_MS

# Beyond these nothing is computed: products and squares of what is within are finite.
MIN_PRICE, MAX_PRICE, MAX_VOLUME = 1e-50, 1e50, 1e100


@dataclass(frozen=True, slots=True)
class DayTotals:
    """Sums over the bars of a day, of which there is at least one.

    `turnover` is sum(vwap * volume) and `volatility` the sample standard deviation (n - 1) of the
    log returns ln(close / close of the bar before) between bars of the same day, None with fewer
    than two of them. It is per bar of the interval: not annualised, as days have no fixed number
    of bars here.
    """

    open: float
    high: float
    low: float
    last: float
    previous_last: float | None
    volume: float
    turnover: float
    volatility: float | None


@dataclass(frozen=True, slots=True)
class DaySummary:
    """The figures that follow from the totals."""

    change: float
    change_percent: float | None
    vwap: float


def summarise(day: DayTotals) -> DaySummary:
    """Change against the last price of the day before that has one, else against the open.

    The percentage is None where prices are out of all bounds. VWAP is the last price where nothing
    had a size, as it is for a bar.
    """
    reference = day.open if day.previous_last is None else day.previous_last
    sane = all(MIN_PRICE <= price <= MAX_PRICE for price in (day.last, reference))
    return DaySummary(
        change=day.last - reference,
        change_percent=(day.last / reference - 1) * 100 if sane else None,
        vwap=day.turnover / day.volume if day.volume > 0 else day.last,
    )


def day_of_signal(time: int) -> int:
    """Start (epoch ms UTC) of the day that a signal of this time belongs to."""
    return (time - 1) // DAY_MS * DAY_MS
