"""Features: the formulas, and that scale, gaps and foreign numbers do no harm."""

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.domain.errors import ConfigError
from streams.domain.features import BASELINE, FEATURE_SETS, SCALE_FREE, FeatureSet, feature_set
from streams.domain.indicator_row import IndicatorRow
from tests.random_market import random_walk, rows_of

VALUES = {
    "rsi14": 60.0, "macd": 0.5, "macd_hist": -0.1, "volatility20": 0.01, "momentum10": 0.02,
    "bb_upper": 104.0, "bb_middle": 100.0, "bb_lower": 96.0, "sma5": 100.0, "sma50": 98.0,
    "lag1": 100.0, "lag2": 101.0, "lag5": 99.0, "change_pct": 2.0,
}  # fmt: skip
ROW = IndicatorRow(
    "A", "5m", 0, 300_000, 100.5, 103.0, 99.0, 102.0, 10.0, 101.0, 7, True, VALUES, {}
)
BOTH = pytest.mark.parametrize("features", FEATURE_SETS.values(), ids=lambda each: each.name)


def test_the_baseline_is_the_widely_used_vector_in_its_order() -> None:
    assert BASELINE.names == (
        "rsi_14", "macd_line", "volatility_20", "momentum_10", "price_change_pct", "current_price",
    )  # fmt: skip
    assert BASELINE.vector(ROW) == [60.0, 0.5, 0.01, 0.02, 2.0, 102.0]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("return_1", math.log(102 / 100) / 0.01),
        ("return_2", math.log(100 / 101) / 0.01),
        ("return_5", math.log(102 / 99) / 0.01),
        ("momentum", 2.0),
        ("rsi", 0.2),
        ("macd", 0.5 / 102 / 0.01),
        ("macd_hist", -0.1 / 102 / 0.01),
        ("band", 0.5),
        ("bandwidth", 8 / 100 / 0.01),
        ("over_sma5", math.log(102 / 100) / 0.01),
        ("over_sma50", math.log(102 / 98) / 0.01),
        ("over_vwap", math.log(102 / 101) / 0.01),
        ("range", 4 / 102 / 0.01),
        ("place", 0.5),
    ],
)
def test_a_scale_free_feature_is_its_formula(name: str, expected: float) -> None:
    vector = SCALE_FREE.vector(ROW)
    assert vector is not None
    assert vector[SCALE_FREE.names.index(name)] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("scale", [1e-4, 7.0, 1e5])
def test_scale_free_features_do_not_know_the_price(scale: float) -> None:
    closes = list(random_walk(120, seed=3))
    *_, plain = rows_of(iter(closes))
    *_, scaled = rows_of(close * scale for close in closes)
    assert SCALE_FREE.vector(scaled) == pytest.approx(SCALE_FREE.vector(plain), rel=1e-6, abs=1e-9)


@BOTH
def test_a_missing_indicator_gives_no_vector_and_is_named(features: FeatureSet) -> None:
    for name in features.needs:
        row = replace(ROW, values={n: v for n, v in VALUES.items() if n != name})
        assert features.vector(row) is None
        assert features.missing(row) == (name,)


@BOTH
def test_a_market_that_has_not_moved_gives_no_vector(features: FeatureSet) -> None:
    assert features.vector(replace(ROW, values={**VALUES, "volatility20": 0.0})) is None


def test_a_jump_is_limited_and_zero_has_one_sign() -> None:
    jump = SCALE_FREE.vector(replace(ROW, values={**VALUES, "volatility20": 1e-9, "macd": -0.0}))
    assert jump is not None
    assert max(map(abs, jump)) == 20.0
    assert math.copysign(1, jump[SCALE_FREE.names.index("macd")]) == 1.0


@BOTH
@given(data=st.data())
def test_foreign_numbers_give_finite_features_or_none(
    features: FeatureSet, data: st.DataObject
) -> None:
    number = st.floats(allow_nan=True, allow_infinity=True) | st.sampled_from([0.0, 1e-320, 1e308])
    names = ("open", "high", "low", "close", "volume", "vwap")
    drawn: dict[str, Any] = {name: data.draw(number) for name in names}
    drawn["values"] = {name: data.draw(number) for name in VALUES}
    row = replace(ROW, **drawn)
    vector = features.vector(row)
    assert vector is None or (
        len(vector) == len(features.names) and all(map(math.isfinite, vector))
    )


def test_an_unknown_set_is_an_error_that_names_the_known() -> None:
    with pytest.raises(ConfigError, match=r"expected one of scale_free, baseline, was 'x'"):
        feature_set("x")
