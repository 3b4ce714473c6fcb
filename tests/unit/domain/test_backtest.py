"""Backtests: next-bar execution, costs, exits, and no look into the future."""

import random
from itertools import pairwise
from math import exp, sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.domain.backtest import Backtest, Terms, backtest
from streams.domain.equity import Call, Point, Price, Trade, keep_books
from streams.domain.errors import InputError
from streams.domain.performance import bars_a_year, moments, returns, worst_drawdown
from streams.domain.portfolio import together
from streams.domain.signal import Side

DAY = 86_400_000
_sides = st.sampled_from(list(Side))


def prices(*pairs: tuple[float, float]) -> list[Price]:
    """Bars by (open, close)."""
    return [Price(number, open_, close) for number, (open_, close) in enumerate(pairs)]


def followed(bars: list[Price], calls: list[Call], **terms: float) -> Backtest:
    return backtest([("A", bars, calls)], Terms(**terms))  # type: ignore[arg-type]  # by name


def equities(found: Backtest) -> list[float]:
    return [point.equity for point in found.points]


def test_a_call_is_filled_at_the_open_of_the_next_bar() -> None:
    bars = prices((10, 20), (40, 50), (50, 60), (80, 100))
    found = followed(bars, [Call(0, Side.BUY), Call(2, Side.NEUTRAL)])
    assert equities(found) == pytest.approx([1.0, 50 / 40, 60 / 40, 80 / 40])
    (trade,) = found.followed[0].ledger.trades
    assert trade == Trade(1, 3, 1, 40, 80, 1.0)
    assert found.followed[0].ledger.positions == [0, 1, 1, 0]


def test_costs_and_slippage_are_paid_for_all_that_is_traded() -> None:
    flat = prices(*[(10, 10)] * 4)
    calls = [Call(0, Side.BUY), Call(1, Side.SELL), Call(2, Side.NEUTRAL)]
    found = followed(flat, calls, costs=0.01, slippage=0.02)
    assert equities(found) == pytest.approx([1.0, 0.97, 0.97 * 0.94, 0.97 * 0.94 * 0.97])
    assert found.turnover == 4.0
    assert (found.trades, found.won) == (2, 0)
    assert found.followed[0].ledger.trades[0].gain == pytest.approx(0.97 * 0.97 - 1)


def test_a_position_is_left_so_many_bars_after_its_last_call() -> None:
    flat = prices(*[(10, 10)] * 9)
    found = followed(flat, [Call(0, Side.BUY), Call(1, Side.BUY), Call(7, Side.BUY)], hold=3)
    assert found.followed[0].ledger.positions == [0, 1, 1, 1, 1, 0, 0, 0, 1]


def test_without_short_a_sell_only_leaves() -> None:
    bars = prices(*[(10, 10)] * 4)
    calls = [Call(0, Side.BUY), Call(1, Side.SELL)]
    assert followed(bars, calls).followed[0].ledger.positions == [0, 1, -1, -1]
    assert followed(bars, calls, short=False).followed[0].ledger.positions == [0, 1, 0, 0]


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.floats(1, 100), st.floats(1, 100)), min_size=2, max_size=30),
    st.lists(st.tuples(st.integers(0, 29), _sides), max_size=10),
    st.integers(0, 29),
    st.integers(0, 5),
)
def test_nothing_of_the_future_is_known(
    pairs: list[tuple[float, float]], where: list[tuple[int, Side]], cut: int, hold: int
) -> None:
    """Other prices and calls from a bar on change nothing before, nor the position at that bar."""
    bars = prices(*pairs)
    cut = min(cut, len(bars) - 1)
    calls = [Call(at, side) for at, side in sorted(dict(where).items()) if at < len(bars)]
    told = followed(bars, calls, hold=hold, costs=0.001)
    others = [*bars[:cut], *(Price(b.start, b.close, b.open) for b in bars[cut:])]
    other_calls = [call for call in calls if call.start < cut]
    again = followed(others, other_calls, hold=hold, costs=0.001)
    assert equities(again)[:cut] == equities(told)[:cut]
    ledgers = (told.followed[0].ledger, again.followed[0].ledger)
    assert ledgers[0].positions[: cut + 1] == ledgers[1].positions[: cut + 1]


def test_a_rule_that_knows_the_bar_it_is_raised_on_earns_nothing_of_it() -> None:
    """Calls by the sign of their own bar's move: with a look at the future this would be riches."""
    rng = random.Random(5)
    closes = [100.0]
    for _ in range(2_000):
        closes.append(closes[-1] * exp(rng.gauss(0, 0.01)))
    bars = prices(*pairwise(closes))
    calls = [Call(b.start, Side.BUY if b.close > b.open else Side.SELL) for b in bars]
    cheat = 1.0
    for b in bars:
        cheat *= 1 + abs(b.close / b.open - 1)
    found = followed(bars, calls)
    assert cheat > 1e6
    assert 0.1 < equities(found)[-1] < 10
    assert found.permutation is not None
    assert found.permutation.p_value > 0.05


def test_several_symbols_are_held_in_equal_shares_from_the_start() -> None:
    one = [Point(0, 1.0, 0, 1.0), Point(10, 2.0, 0, 3.0)]
    other = [Point(10, 0.5, -0.5, 1.0), Point(20, 1.0, 0, 1.0)]
    assert together([one, other]) == [
        Point(0, 1.0, 0.0, 1.0), Point(10, 1.25, 0.0, 2.0), Point(20, 1.5, 0.0, 2.0),
    ]  # fmt: skip
    assert together([one]) == one
    assert together([]) == []


def test_figures_of_a_curve() -> None:
    found = moments(returns([1.1, 1.1 * 0.9, 1.1 * 0.9 * 1.1]))
    assert found is not None
    assert found.count == 3
    assert found.mean == pytest.approx(0.1 / 3)
    assert found.deviation == pytest.approx(0.2 / sqrt(3))
    assert found.sharpe == pytest.approx((0.1 / 3) / (0.2 / sqrt(3)))
    assert found.skewness == pytest.approx(-1 / sqrt(2))
    assert found.kurtosis == pytest.approx(1.5)
    assert worst_drawdown([1.2, 0.6, 0.9, 1.3, 1.0]) == pytest.approx(-0.5)
    assert worst_drawdown([0.9]) == pytest.approx(-0.1)
    assert worst_drawdown([]) == 0.0


def test_what_does_not_vary_has_no_ratio() -> None:
    assert moments([0.1]) is None
    held = moments([0.1] * 7)
    assert held is not None
    assert (held.deviation, held.sharpe) == (0.0, None)


@pytest.mark.parametrize(
    ("starts", "year"),
    [
        ([4 * DAY + minute * 60_000 for minute in range(390)], 390 * 252),  # Monday
        ([day * DAY for day in range(4, 9)], 252),  # Monday to Friday
        ([day * DAY for day in range(10)], 365),  # with a Saturday
        ([], 252),
    ],
)
def test_a_year_in_bars_is_guessed_by_the_bars(starts: list[int], year: float) -> None:
    assert bars_a_year(starts) == year


def test_an_empty_tape_is_no_error() -> None:
    for found in (backtest([], Terms()), backtest([("A", [], [])], Terms())):
        assert (found.bars, found.trades, found.exposed) == (0, 0, 0.0)
        assert (found.rule.total_return, found.rule.sharpe, found.permutation) == (0.0, None, None)
        assert found.deflated_sharpe is None


@pytest.mark.parametrize(
    "bars",
    [
        prices((5e-324, 1e300), (1e-300, 1e300)),
        prices(*[(1.0, 1e30), (1e30, 1.0)] * 6),  # held while it rises
    ],
)
def test_gains_that_no_number_can_hold_are_an_error(bars: list[Price]) -> None:
    calls = [Call(at, [Side.NEUTRAL, Side.BUY][at % 2]) for at in range(1, len(bars))]
    with pytest.raises(InputError, match="A: expected prices whose gains can be counted, was "):
        followed(bars, calls)


def test_books_of_a_ruined_short_stay_at_nothing() -> None:
    bars = prices((10, 10), (10, 10), (30, 30), (10, 10))
    ledger = keep_books(bars, [Call(0, Side.SELL), Call(2, Side.NEUTRAL)], 0.01)
    assert [point.equity for point in ledger.points][2:] == [0.0, 0.0]
    assert ledger.trades[0].gain == -1.0
