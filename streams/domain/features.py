"""What the models see of a closed bar: a fixed vector of one IndicatorRow, and nothing else.

The only code that makes features: training reads rows from the archive or makes them from files
with the pipelines' own Fold and Analysis, `run predict` reads them from the topic, and all call
`FeatureSet.vector`. It looks at one row, so there is no second memory that could disagree.

Two sets. `baseline` is the vector that price-direction demos commonly use: prices and indicators as
they are. Its price and MACD are in the units of the symbol, so a tree that learned at 40,000 knows
nothing at 60,000, and symbols cannot be pooled. `scale_free`, the default, has only ratios: returns
and distances over the row's own volatility, which mean the same for every symbol and at every price
(on stationarity of inputs: López de Prado, Advances in Financial Machine Learning, 2018, ch. 5).
There is no time of day in it: on a tape of a few days that is the date in disguise.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import copysign, isfinite, isnan, log, nan

from streams.domain.errors import ConfigError
from streams.domain.indicator_row import IndicatorRow

VOLATILITY = "volatility20"
"""The value that forecasts and scale-free features are measured in."""
_LIMIT = 20.0
"""A bar may jump by thousands of its usual moves; beyond this all of them are the same."""

Formula = Callable[[IndicatorRow], float]


@dataclass(frozen=True, slots=True)
class FeatureSet:
    """Named formulas in a fixed order, and the indicators that a row must have for them."""

    name: str
    version: int
    """Counts the changes of a formula: models of another version are refused."""
    needs: tuple[str, ...]
    formulas: Mapping[str, Formula]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.formulas)

    def vector(self, row: IndicatorRow) -> list[float] | None:
        """The features in order; None while an indicator warms up, or nothing has moved.

        A missing indicator is never replaced by a guess: there is no prediction then.
        """
        values = row.values
        if not row.close > 0 or any(name not in values for name in self.needs):
            return None
        if not values[VOLATILITY] > 0:
            return None
        # JSON in PostgreSQL knows no negative zero: plus 0 makes it the same zero everywhere.
        made = [formula(row) + 0.0 for formula in self.formulas.values()]
        return made if all(map(isfinite, made)) else None

    def missing(self, row: IndicatorRow) -> tuple[str, ...]:
        """The indicators that the row would need and has not."""
        return tuple(name for name in self.needs if name not in row.values)


def feature_set(name: str) -> FeatureSet:
    """A set by its name; raises ConfigError for an unknown one."""
    if name not in FEATURE_SETS:
        raise ConfigError(f"features: expected one of {', '.join(FEATURE_SETS)}, was {name!r}")
    return FEATURE_SETS[name]


def _value(name: str) -> Formula:
    return lambda row: row.values[name]


def _ratio(value: float, unit: float) -> float:
    """NaN where there is nothing to divide by: messages of others may hold any number."""
    return value / unit if unit else nan


def _limited(value: float) -> float:
    """Within the limit; NaN stays NaN."""
    return value if isnan(value) or -_LIMIT <= value <= _LIMIT else copysign(_LIMIT, value)


def _usual(row: IndicatorRow, change: float) -> float:
    """A relative change in units of the row's volatility, within the limit."""
    return _limited(change / row.values[VOLATILITY])


def _log_change(later: Formula, earlier: Formula) -> Formula:
    def change(row: IndicatorRow) -> float:
        ratio = _ratio(later(row), earlier(row))
        return _usual(row, log(ratio) if ratio > 0 else nan)

    return change


def _over_close(value: Formula) -> Formula:
    """A difference of prices, relative to the close."""
    return lambda row: _usual(row, value(row) / row.close)


def _close(row: IndicatorRow) -> float:
    return row.close


def _rsi(row: IndicatorRow) -> float:
    """-1 to 1."""
    return (row.values["rsi14"] - 50) / 50


def _band(row: IndicatorRow) -> float:
    """Where the close is between the Bollinger bands, -1 to 1 within them; 0 when they meet."""
    values = row.values
    half = (values["bb_upper"] - values["bb_lower"]) / 2
    return _limited((row.close - values["bb_middle"]) / half) if half > 0 else 0.0


def _bandwidth(row: IndicatorRow) -> float:
    """Wide bands for this volatility: a trend; narrow ones: back and forth."""
    values = row.values
    return _usual(row, _ratio(values["bb_upper"] - values["bb_lower"], values["bb_middle"]))


def _place(row: IndicatorRow) -> float:
    """Where the bar closed between its low (-1) and its high (1)."""
    span = row.high - row.low
    return (2 * row.close - row.high - row.low) / span if span > 0 else 0.0


SCALE_FREE = FeatureSet(
    "scale_free",
    1,
    (
        VOLATILITY, "rsi14", "macd", "macd_hist", "bb_upper", "bb_middle", "bb_lower", "momentum10",
        "lag1", "lag2", "lag5", "sma5", "sma50",
    ),
    {
        "return_1": _log_change(_close, _value("lag1")),
        "return_2": _log_change(_value("lag1"), _value("lag2")),
        "return_5": _log_change(_close, _value("lag5")),
        "momentum": lambda row: _usual(row, row.values["momentum10"]),
        "rsi": _rsi,
        "macd": _over_close(_value("macd")),
        "macd_hist": _over_close(_value("macd_hist")),
        "band": _band,
        "bandwidth": _bandwidth,
        "over_sma5": _log_change(_close, _value("sma5")),
        "over_sma50": _log_change(_close, _value("sma50")),
        "over_vwap": _log_change(_close, lambda row: row.vwap),
        "range": _over_close(lambda row: row.high - row.low),
        "place": _place,
    },
)  # fmt: skip

BASELINE = FeatureSet(
    "baseline",
    1,
    ("rsi14", "macd", VOLATILITY, "momentum10", "change_pct"),
    {
        "rsi_14": _value("rsi14"),
        "macd_line": _value("macd"),
        "volatility_20": _value(VOLATILITY),
        "momentum_10": _value("momentum10"),
        "price_change_pct": _value("change_pct"),
        "current_price": _close,
    },
)

FEATURE_SETS: Mapping[str, FeatureSet] = {each.name: each for each in (SCALE_FREE, BASELINE)}
