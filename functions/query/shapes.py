"""The shapes of single rows, for the description; a test holds the rows to them."""

from pydantic import BaseModel, ConfigDict

from streams.domain.signal import Side


class Shape(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)


class SymbolItem(Shape):
    symbol: str
    intervals: list[str]
    """Lengths of its bars, shortest first."""
    last_ts_ms: int
    """Epoch ms UTC of the tick that decided `close`."""
    close: float
    """Close of its newest final bar."""


class LatestItem(Shape):
    symbol: str
    ts_ms: int
    """Epoch ms UTC."""
    price: float
    size: float | None
    """None where the tick had none, or where ticks are not stored and a bar's close answers."""


class TickItem(Shape):
    symbol: str
    ts_ms: int
    """Epoch ms UTC."""
    price: float
    size: float | None
    open: float | None
    """With `high` and `low` where a candle came in: its `price` is the close."""
    high: float | None
    low: float | None
    source: str
    """The file's content hash, or the topic and partition."""
    seq: int
    """Its number within the source."""


class BarItem(Shape):
    symbol: str
    interval: str
    start_ms: int
    """The bar is `[start_ms, end_ms)`, epoch ms UTC."""
    end_ms: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    vwap: float
    """sum(price * size) / sum(size); the close where nothing had a size."""
    trades: int
    last_ts_ms: int


class IndicatorItem(Shape):
    symbol: str
    interval: str
    start_ms: int
    end_ms: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    vwap: float
    trades: int
    warm: bool
    """False while the averages are still dominated by their starting values."""
    values: dict[str, float]
    """By name; an indicator that is warming up is absent."""
    votes: dict[str, str]
    """Rule to UP, DOWN or NEUTRAL."""


class SignalItem(Shape):
    id: str
    """`symbol/interval/start/kind`."""
    time_ms: int
    """End of the bar, epoch ms UTC."""
    symbol: str
    interval: str
    kind: str
    side: Side
    price: float
    strength: float
    """How far the rule was exceeded; its unit is the rule's."""
    warm: bool
    reason: str


class AnomalyItem(Shape):
    id: str
    """`symbol/interval/start/anomaly.kind`; of a tick its time is in the place of the start."""
    time_ms: int
    """End of the bar, or time of the tick, epoch ms UTC."""
    symbol: str
    interval: str
    """Length of the bar; of a tick the shortest one."""
    kind: str
    severity: str
    """low, medium, high, critical: by how far."""
    value: float
    """What was seen, in the unit of the kind."""
    expected: float | None
    """What was to be expected."""
    threshold: float | None
    """From where on it is out of the ordinary."""
    start_ms: int
    """Start of the bar to look at."""
    price: float
    """Close of the bar, or price of the tick."""
    reason: str


class PredictionItem(Shape):
    symbol: str
    interval: str
    start_ms: int
    """Of the bar at whose close it was said, as `end_ms`; epoch ms UTC."""
    end_ms: int
    model: str
    """Which one voted, or `forecast`."""
    horizon: int
    """Bars ahead that it is about; of votes it is 1."""
    vote: str | None
    """UP, DOWN or NEUTRAL; null for forecasts."""
    probability: float | None
    """Calibrated, that the next bar closes higher; null for forecasts."""
    forecast: float | None
    """The median of the close then; null for votes, as `low` and `high`."""
    low: float | None
    """Between `low` and `high` the close should be in 9 of 10 cases."""
    high: float | None
    close: float
    """Of the bar."""
    scope: str
    """Whose models: the symbol's own, or `*`, those of all together."""
    version: str


class ContextItem(Shape):
    id: str
    time_ms: int
    symbol: str
    kind: str
    """What it is about; it decides which of the rest are not null."""
    order_type: str | None
    price: float | None
    quantity: float | None
    sentiment_score: float | None
    sentiment_magnitude: float | None
    market_cap: float | None
    pe_ratio: float | None
    indicator_name: str | None
    value: float | None


class SummaryItem(Shape):
    symbol: str
    day_ms: int
    """Midnight UTC, epoch ms."""
    open: float
    high: float
    low: float
    last: float
    change: float
    """Against `previous_last`, or the open where there is none."""
    change_percent: float | None
    volume: float
    vwap: float
    volatility: float | None
    """Sample standard deviation of the bars' log returns, not annualised."""
    trades: int
    bars: int
    interval: str
    """The length of those bars."""
    previous_last: float | None
    """Of the latest day before that has bars."""
    signals: dict[str, dict[str, int]]
    """Count by kind and side."""
    last_signal_id: str | None
    last_signal_ms: int | None
    last_signal_side: str | None


class ScorecardItem(Shape):
    rule: str
    """The kind of the signals."""
    interval: str
    symbol: str
    """`*`: all symbols together."""
    horizon: int
    """Bars after the signal at which it was scored."""
    signals: int
    hits: int
    """Signals after which the price went where they said."""
    hit_rate: float
    low: float
    """Of the 95 % Wilson interval of `hit_rate`."""
    high: float
    mean_return: float
    base_rate: float | None
    """What all bars of the same symbol would have scored."""
    base_mean_return: float | None
    warm: bool
    """False: the signals of the warm-up, which have cards of their own."""
