"""Following signals: entered at the next open, marked at each close."""

import pytest

from streams.domain.equity import Call, Followed, Price, follow
from streams.domain.signal import Side

BARS = [Price(0, 10, 10), Price(1, 10, 12), Price(2, 12, 9), Price(3, 9, 9), Price(4, 10, 8)]


def equities(followed: Followed) -> list[float]:
    return [round(point.equity, 9) for point in followed.points]


def test_a_signal_is_acted_on_at_the_next_open_and_never_before() -> None:
    followed = follow(BARS, [Call(1, Side.BUY)])
    assert equities(followed) == [1.0, 1.0, 0.75, 0.75, round(0.75 / 9 * 8, 9)]
    assert followed.trades == 0


def test_sell_earns_what_falls_and_neutral_ends_it() -> None:
    followed = follow(BARS, [Call(1, Side.SELL), Call(2, Side.NEUTRAL)])
    assert equities(followed) == [1.0, 1.0, 1.25, 1.25, 1.25]
    assert (followed.trades, followed.won) == (1, 1)
    assert followed.exposed == 0.2


def test_without_short_a_sell_holds_nothing() -> None:
    assert equities(follow(BARS, [Call(1, Side.SELL)], short=False)) == [1.0] * 5


def test_gaps_between_bars_count_while_a_position_is_held() -> None:
    followed = follow([Price(0, 10, 10), Price(1, 10, 10), Price(2, 20, 20)], [Call(0, Side.BUY)])
    assert equities(followed) == [1.0, 1.0, 2.0]


def test_each_unit_of_position_costs() -> None:
    flat = [Price(n, 10, 10) for n in range(4)]
    followed = follow(flat, [Call(0, Side.BUY), Call(1, Side.SELL)], cost=0.1)
    assert equities(followed) == [1.0, 0.9, 0.72, 0.72]
    assert (followed.trades, followed.won) == (1, 0)


def test_drawdown_is_the_fall_from_the_peak_and_hold_is_the_symbol_itself() -> None:
    followed = follow(BARS, [Call(0, Side.BUY)])
    assert [round(p.drawdown, 9) for p in followed.points] == [
        0.0, 0.0, -0.25, -0.25, round(0.8 / 1.2 - 1, 9),
    ]  # fmt: skip
    assert followed.worst_drawdown == pytest.approx(-1 / 3)
    assert followed.hold_return == pytest.approx(-0.2)
    assert followed.total_return == pytest.approx(-0.2)


def test_a_short_that_loses_everything_stops_at_nothing() -> None:
    bars = [Price(0, 10, 10), Price(1, 10, 25), Price(2, 25, 10)]
    assert equities(follow(bars, [Call(0, Side.SELL)])) == [1.0, 0.0, 0.0]


def test_no_bars_make_no_curve() -> None:
    followed = follow([], [Call(0, Side.BUY)])
    assert followed.points == []
    assert followed.total_return == 0.0
