"""Scorecards, Wilson intervals and summaries of days, against their definitions."""

from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.domain.day_summary import DayTotals, day_of_signal, summarise
from streams.domain.interval import DAY_MS
from streams.domain.scorecard import Base, Scorecard, scorecard
from streams.domain.wilson import Z95, wilson


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [
        # R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_the_published_intervals(
    hits: int, trials: int, low: float, high: float
) -> None:
    assert wilson(hits, trials) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 10**9).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_s_ends_are_where_the_share_is_z_deviations_away(counts: tuple[int, int]) -> None:
    hits, trials = counts
    share, (low, high) = hits / trials, wilson(hits, trials)
    assert 0 <= low <= share <= high <= 1
    for end in (low, high):
        away = Z95 * sqrt(end * (1 - end) / trials)
        assert abs(end - share) == pytest.approx(away, rel=1e-6, abs=1e-9)


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_wilson_is_the_same_seen_from_the_misses(hits: int, misses: int) -> None:
    low, high = wilson(hits, hits + misses)
    assert wilson(misses, hits + misses) == pytest.approx((1 - high, 1 - low))


def test_the_base_rate_has_the_mix_of_sides_of_the_signals() -> None:
    base = Base(known=10, up=6, down=3, total=0.5)
    buys = scorecard(buys=4, sells=0, hits=1, mean_return=0.01, base=base)
    assert (buys.hit_rate, buys.base_rate, buys.base_mean_return) == (0.25, 0.6, 0.05)
    sells = scorecard(buys=0, sells=2, hits=1, mean_return=0.01, base=base)
    assert (sells.base_rate, sells.base_mean_return) == (0.3, -0.05)
    both = scorecard(buys=1, sells=1, hits=2, mean_return=0.01, base=base)
    assert (both.signals, both.hit_rate) == (2, 1.0)
    assert both.base_rate == pytest.approx(0.45)
    assert both.base_mean_return == 0


@pytest.mark.parametrize("base", [None, Base(0, 0, 0, 0.0)])
def test_without_a_base_there_is_no_base_rate(base: Base | None) -> None:
    card = scorecard(buys=1, sells=0, hits=1, mean_return=0.1, base=base)
    assert card == Scorecard(1, 1, 0.1, None, None)
    assert card.interval == pytest.approx((0.2065, 1.0), abs=1e-4)


def day(**values: float | None) -> DayTotals:
    totals = {"open": 10.0, "high": 12.0, "low": 9.0, "last": 11.0, "previous_last": None,
              "volume": 4.0, "turnover": 42.0, "volatility": None}  # fmt: skip
    return DayTotals(**{**totals, **values})  # type: ignore[arg-type]  # all floats


def test_change_is_against_the_day_before_or_else_the_open() -> None:
    first = summarise(day())
    assert first.change == 1.0
    assert first.change_percent == pytest.approx(10.0)
    later = summarise(day(previous_last=22.0))
    assert later.change == -11.0
    assert later.change_percent == pytest.approx(-50.0)


def test_vwap_is_the_last_price_where_nothing_had_a_size() -> None:
    assert summarise(day()).vwap == 10.5
    assert summarise(day(volume=0.0, turnover=0.0)).vwap == 11.0


def test_a_percentage_of_prices_beyond_all_bounds_is_not_given() -> None:
    assert summarise(day(previous_last=5e-324)).change_percent is None


def test_a_signal_at_midnight_is_of_the_day_that_ends() -> None:
    times = (DAY_MS - 1, DAY_MS, DAY_MS + 1)
    assert [day_of_signal(time) for time in times] == [0, 0, DAY_MS]
