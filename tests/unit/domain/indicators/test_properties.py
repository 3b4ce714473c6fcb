"""What holds for every indicator, whatever the bars."""

import json
from math import inf, isfinite, ulp
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.domain.bar import Bar
from streams.domain.indicators.catalogue import indicator, standard_set
from streams.domain.indicators.indicator import Indicator
from streams.domain.indicators.indicator_set import IndicatorSet
from streams.domain.indicators.kinds import KINDS

MINUTE = 60_000
SHORT = [
    indicator(kind.name, {first: 3}) if (first := next(iter(kind.usual), None)) else kind.example
    for kind in KINDS
]
"""One of each kind, quickly warm."""
ALL = IndicatorSet((*SHORT, *(kind.example for kind in KINDS)))
PERCENT = ("rsi3", "rsi3_cutler", "stoch3_k", "stoch3_d", "mfi3", "adx3", "adx3_plus_di")
LARGEST = 1.7976931348623157e308


def bar(number: int, prices: list[float], volume: float) -> Bar:
    low, high = min(prices), max(prices)
    start = number * MINUTE
    return Bar(
        "A", "1m", start, start + MINUTE, prices[0], high, low, prices[-1], volume,
        prices[1], 3, start,
    )  # fmt: skip


def bars_of(prices: st.SearchStrategy[float], volumes: st.SearchStrategy[float]) -> Any:
    rows = st.tuples(st.lists(prices, min_size=3, max_size=3), volumes)
    return st.lists(rows, min_size=1, max_size=60).map(
        lambda found: [bar(n, *row) for n, row in enumerate(found)]
    )


usual = bars_of(st.integers(1, 400).map(lambda n: n / 4), st.sampled_from([0.0, 1.0, 250.5]))
extreme = bars_of(
    st.floats(5e-324, LARGEST) | st.sampled_from([5e-324, 1e-300, 1.0, 1e300, LARGEST]),
    st.floats(0, LARGEST) | st.sampled_from([0.0, 5e-324, LARGEST]),
)


@given(usual | extreme, st.sets(st.integers(0, 60)))
def test_dumping_and_loading_anywhere_changes_nothing(bars: list[Bar], cuts: set[int]) -> None:
    kept: dict[str, Any] = {}
    cut: dict[str, Any] = {}
    for number, each in enumerate(bars):
        if number in cuts:
            cut = json.loads(json.dumps(cut))
        elif number % 3 == 0:  # as the pipeline stores it
            cut = msgspec.msgpack.decode(msgspec.msgpack.encode(cut))
        kept, values = ALL.step(kept, each)
        cut, others = ALL.step(cut, each)
        assert others == values


@given(extreme)
def test_values_are_finite_whatever_the_bars(bars: list[Bar]) -> None:
    state: dict[str, Any] = {}
    for each in bars:
        state, values = ALL.step(state, each)
        assert all(map(isfinite, values.values()))


@given(extreme, usual)
def test_bars_at_the_end_of_the_numbers_leave_nothing_behind(
    strange: list[Bar], bars: list[Bar]
) -> None:
    """No infinity stays in a state: after 60 usual bars, a day later, everything has a value."""
    state: dict[str, Any] = {}
    for each in strange:
        state, _ = ALL.step(state, each)
    values: dict[str, float] = {}
    for number, each in enumerate((bars * 60)[:60], 1_440):
        state, values = ALL.step(state, bar(number, [each.open, each.vwap, each.close], 1.0))
    assert set(ALL.names) - set(values) == set()


@given(usual)
def test_values_keep_within_their_bounds(bars: list[Bar]) -> None:
    state: dict[str, Any] = {}
    for each in bars:
        state, values = ALL.step(state, each)
        assert all(-1e-9 <= values[n] <= 100 + 1e-9 for n in PERCENT if n in values)
        for band in ("bb3", "donchian3", "keltner3"):
            if f"{band}_middle" in values:
                lower, middle, upper = (
                    values[f"{band}_{part}"] for part in ("lower", "middle", "upper")
                )
                assert lower <= middle <= upper
        for name in ("volatility3", "realised_volatility3", "atr3"):
            assert values.get(name, 0.0) >= 0
        if "sma3" in values:
            closes = [other.close for other in bars[: bars.index(each) + 1]][-3:]
            slack = ulp(max(closes))
            assert min(closes) - slack <= values["sma3"] <= max(closes) + slack


@given(usual, st.integers(-20, 20))
def test_prices_in_another_unit_scale_what_has_the_unit_and_nothing_else(
    bars: list[Bar], power: int
) -> None:
    """A power of two scales doubles without rounding, so all of this is exact."""
    unit = 2.0**power
    state: dict[str, Any] = {}
    scaled: dict[str, Any] = {}
    for each in bars:
        state, values = ALL.step(state, each)
        scaled, others = ALL.step(scaled, _scaled(each, unit))
        assert others.keys() == values.keys()
        for name, value in values.items():
            assert others[name] in (value, value * unit), name


def _scaled(each: Bar, unit: float) -> Bar:
    return Bar(
        each.symbol, each.interval, each.start, each.end, each.open * unit, each.high * unit,
        each.low * unit, each.close * unit, each.volume, each.vwap * unit, each.trades,
        each.last_ts,
    )  # fmt: skip


@given(usual)
def test_a_step_leaves_the_state_it_was_given_alone(bars: list[Bar]) -> None:
    state: dict[str, Any] = {}
    for each in bars:
        before = json.dumps(state)
        after, _ = ALL.step(state, each)
        assert json.dumps(state) == before
        state = after


@pytest.mark.parametrize("each", [kind.example for kind in KINDS], ids=lambda each: each.name)
def test_a_state_grows_with_the_period_only(each: Indicator) -> None:
    state: Any = None
    sizes = []
    for number in range(1_000):
        state, _ = each.step(state, bar(number, [100.0 + number % 7, 99.0, 101.0], 5.0))
        sizes.append(len(msgspec.msgpack.encode(state)))
    assert max(sizes) == max(sizes[:250])
    assert max(sizes) < 1_000


def test_the_standard_set_fits_a_state_of_four_kilobytes() -> None:
    state: dict[str, Any] = {}
    for number in range(300):
        state, values = standard_set(seeded=True).step(
            state, bar(number, [100.0 + number % 7, 99.0, 101.0], 5.0)
        )
    assert set(values) == set(standard_set(seeded=True).names)
    assert len(msgspec.msgpack.encode(state)) < 4_096
    assert inf not in values.values()
