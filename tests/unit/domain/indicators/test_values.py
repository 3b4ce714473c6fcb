"""Indicators by hand: small series with known results, and bars on which nothing moves."""

from collections.abc import Sequence
from functools import reduce
from math import fsum, log, sqrt
from operator import add
from random import Random
from typing import Any

import pytest

from streams.domain.bar import Bar
from streams.domain.indicators.catalogue import indicator
from streams.domain.indicators.indicator import Indicator
from streams.domain.indicators.kinds import KINDS
from streams.domain.indicators.session_vwap import SessionVwap

MINUTE, DAY = 60_000, 86_400_000
Row = tuple[float, float, float, float]
"""High, low, close, volume."""


def bar(number: int, row: Row, start: int | None = None) -> Bar:
    high, low, close, volume = row
    at = number * MINUTE if start is None else start
    return Bar("A", "1m", at, at + MINUTE, close, high, low, close, volume, close, 1, at)


def values(of: Indicator, rows: Sequence[Row]) -> list[dict[str, float]]:
    """What it says at each of the bars."""
    state: Any = None
    found = []
    for number, row in enumerate(rows):
        state, named = of.step(state, bar(number, row))
        found.append(dict(named))
    return found


def closes(*prices: float) -> list[Row]:
    return [(price, price, price, 1.0) for price in prices]


HLC = [(10.0, 8.0, 9.0, 100.0), (12.0, 9.0, 11.0, 200.0), (13.0, 10.0, 10.0, 50.0),
       (15.0, 11.0, 14.0, 300.0), (14.0, 9.0, 10.0, 0.0)]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "rows", "last"),
    [
        ("sma3", closes(1, 2, 3, 4), {"sma3": 3.0}),
        ("ema3", closes(2, 4, 8), {"ema3": 5.5}),
        ("wma3", closes(9, 1, 2, 6), {"wma3": (1 + 2 * 2 + 3 * 6) / 6}),
        # EMA 2, 3, 5.5; the EMA of it starts with 3 and goes to 3 + (5.5 - 3) * 2 / 3
        ("dema2", closes(2, 3.5, 6.75), {"dema2": 2 * 5.5 - (3 + 2.5 * 2 / 3)}),
        # gains 2 and 0, losses 0 and 1; then gain 3
        ("rsi2", closes(4, 6, 5, 8), {"rsi2": 100 * 2 / 2.25}),
        ("rsi2_cutler", closes(4, 6, 5, 8), {"rsi2_cutler": 75.0}),
        ("volatility2", closes(100, 110, 121, 108.9), {"volatility2": sqrt(2) / 10 * sqrt(252)}),
        (
            "realised_volatility2",
            closes(7, 100, 110, 99),
            {"realised_volatility2": sqrt((log(1.1) ** 2 + log(0.9) ** 2) * 126)},
        ),
        ("momentum2", closes(8, 9, 10), {"momentum2": 0.25}),
        ("roc2", closes(8, 9, 10), {"roc2": 25.0}),
        ("change", closes(8, 10), {"change": 2.0, "change_pct": 25.0}),
        ("lag2", closes(8, 9, 10), {"lag2": 8.0}),
        ("atr2", HLC[:4], {"atr2": (3 + 5) / 2}),
        ("obv", HLC, {"obv": 100.0 + 200 - 50 + 300}),
        # typical prices 9, 32/3, 11, 40/3, 11; flows of the last four 200 * 32/3 and so on
        ("mfi3", HLC, {"mfi3": 100.0}),
        (
            "donchian3",
            HLC,
            {"donchian3_upper": 15.0, "donchian3_middle": 12.0, "donchian3_lower": 9.0},
        ),
        ("zscore2", closes(1, 3, 5), {"zscore2": 1.0}),
        # typical prices 11, 40/3 and 11: mean 106/9, mean deviation 28/27
        ("cci3", HLC, {"cci3": (11 - 106 / 9) / (0.015 * 28 / 27)}),
    ],
)
def test_by_hand(name: str, rows: list[Row], last: dict[str, float]) -> None:
    assert values(indicator(name), rows)[-1] == pytest.approx(last, rel=1e-12)


def test_the_bands_by_hand() -> None:
    (found,) = values(indicator("bb", {"period": 2, "width": 1.5}), closes(2, 4))[1:]
    assert found == pytest.approx(
        {
            "bb2_1_5_upper": 4.5, "bb2_1_5_middle": 3.0, "bb2_1_5_lower": 1.5,
            "bb2_1_5_percent_b": 2.5 / 3, "bb2_1_5_bandwidth": 1.0,
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ({}, "bb"),
        ({"period": 50}, "bb50"),
        ({"width": 3}, "bb20_3"),
        ({"period": 100, "width": 2.25}, "bb100_2_25"),
        ({"width": 1e9}, "bb20_1000000000"),
    ],
)
def test_a_name_tells_the_parameters_and_is_an_identifier(
    parameters: dict[str, float], name: str
) -> None:
    assert indicator("bb", parameters).name == name
    assert all(value.isidentifier() for value in indicator("bb", parameters).names)


def test_the_stochastic_by_hand() -> None:
    of = indicator("stoch", {"period": 2, "slow": 1, "signal": 2})
    assert values(of, HLC)[1:3] == [
        {"stoch2_1_2_k": 75.0},
        {"stoch2_1_2_k": 25.0, "stoch2_1_2_d": 50.0},
    ]


def test_the_directional_index_by_hand() -> None:
    found = values(indicator("adx2"), HLC)
    # Halved averages of the moves up 2, 1, 2, 0, the moves down 0, 0, 0, 2, the ranges 3, 3, 5, 5.
    assert found[:2] == [{}, {}]
    assert found[2] == pytest.approx({"adx2_plus_di": 100 * 1 / 2.25, "adx2_minus_di": 0.0})
    assert found[3] == pytest.approx(
        {"adx2": 100.0, "adx2_plus_di": 100 * 1.5 / 3.625, "adx2_minus_di": 0.0}
    )
    assert found[4] == pytest.approx(
        {
            "adx2": (100 + 100 * 0.25 / 1.75) / 2,
            "adx2_plus_di": 100 * 0.75 / 4.3125,
            "adx2_minus_di": 100 * 1.0 / 4.3125,
        }
    )


def test_the_keltner_channel_by_hand() -> None:
    of = indicator("keltner", {"period": 1, "width": 2.0, "atr": 2})
    found = values(of, HLC[:3])
    assert found[:2] == [{}, {}]
    assert found[2] == {
        "keltner1_2_2_upper": 16.0, "keltner1_2_2_middle": 10.0, "keltner1_2_2_lower": 4.0
    }  # fmt: skip


STILL = {
    "bb_percent_b": 0.5, "bb_bandwidth": 0.0, "rsi14": 50.0, "rsi14_cutler": 50.0, "macd": 0.0,
    "macd_signal": 0.0, "macd_hist": 0.0, "volatility20": 0.0, "realised_volatility20": 0.0,
    "momentum10": 0.0, "roc10": 0.0, "change": 0.0, "change_pct": 0.0, "atr14": 0.0,
    "stoch_k": 50.0, "stoch_d": 50.0, "adx14": 0.0, "adx14_plus_di": 0.0, "adx14_minus_di": 0.0,
    "cci20": 0.0, "mfi14": 50.0, "zscore20": 0.0,
}  # fmt: skip


@pytest.mark.parametrize("price", [100.0, 0.1, 1 / 3, 1e-300, 1e-12, 1e12, 1e300])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_nothing_moves(kind: Any, price: float) -> None:
    """At any price, with volume once: neutral values, the volume, and the price itself."""
    rows = [(price, price, price, 7.0), *[(price, price, price, 0.0)] * 60]
    last = values(kind.example, rows)[-1]
    assert set(last) == set(kind.example.names)
    for name, value in last.items():
        wanted = 7.0 if name == "obv" else STILL.get(name, price)
        # Averages of prices may be an ulp off, and MACD is a difference of two.
        slack = 1e-14 * price if name.startswith("macd") else 0.0
        assert value == pytest.approx(wanted, rel=1e-14, abs=slack), name


def test_rsi_reaches_its_ends() -> None:
    up = closes(*range(1, 21))
    for name in ("rsi14", "rsi14_cutler"):
        assert values(indicator(name), up)[-1] == {name: 100.0}
        assert values(indicator(name), up[::-1])[-1] == {name: 0.0}


def test_session_vwap_starts_anew_each_day_and_needs_volume() -> None:
    state, found = None, []
    times = [DAY - MINUTE, DAY, DAY + MINUTE, DAY + 2 * MINUTE]
    for start, close, volume in zip(times, (9.0, 10.0, 12.0, 11.0), (5, 0, 2, 2), strict=True):
        state, named = SessionVwap().step(state, bar(0, (close, close, close, volume), start))
        found.append(named.get("vwap_session"))
    assert found == [9.0, None, 12.0, 11.5]


def test_money_flow_takes_a_rounding_error_for_no_move() -> None:
    """Both typical prices are 76.13666... in decimals, and an ulp apart in doubles."""
    rows = [(88.24, 52.26, 87.91, 1.0), (88.42, 52.26, 87.73, 5.0)]
    assert values(indicator("mfi1"), rows)[-1] == {"mfi1": 50.0}


def test_a_window_whose_mean_is_rounded_is_still_flat() -> None:
    """The mean of seven of this price is an ulp off, and so no close is at the mean."""
    rows = closes(*[79.31] * 7)
    assert values(indicator("zscore7"), rows)[-1] == {"zscore7": 0.0}
    assert values(indicator("bb7"), rows)[-1]["bb7_percent_b"] == 0.5
    assert values(indicator("cci7"), rows)[-1] == {"cci7": 0.0}


def test_on_balance_volume_does_not_drift() -> None:
    rng = Random(1)
    volumes = [1e9, *(rng.random() for _ in range(50_000))]
    rows = [(2.0, 1.0, 1.0 + n % 2, volume) for n, volume in enumerate(volumes)]
    signed = [volume if n % 2 or not n else -volume for n, volume in enumerate(volumes)]
    assert abs(reduce(add, signed) - fsum(signed)) > 1e-6  # what a plain sum would be off
    assert values(indicator("obv"), rows)[-1] == {"obv": fsum(signed)}
