"""EMAs and breakouts against their definitions (DEBS 2022 Grand Challenge)."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.domain.analysis import Analysis, AnalysisState
from streams.domain.bar import Bar
from streams.domain.breakout import Breakout
from streams.domain.indicator_row import IndicatorRow
from streams.domain.indicators.ema import Ema
from streams.domain.signal import Side, Signal

closes = st.lists(st.floats(0.01, 1e5), min_size=1, max_size=80)


def bar(close: float, number: int = 0) -> Bar:
    start = number * 300_000
    return Bar("A", "5m", start, start + 300_000, close, close, close, close, 0.0, close, 1, start)


def row(
    close: float, values: dict[str, float], number: int = 0, *, warm: bool = True
) -> IndicatorRow:
    start = number * 300_000
    return IndicatorRow(
        "A", "5m", start, start + 300_000, close, close, close, close, 0.0, close, 1, warm, values
    )


def emas(ema: Ema, prices: list[float]) -> list[float]:
    state, values = None, []
    for price in prices:
        state, named = ema.step(state, bar(price))
        values.append(named[ema.name])
    return values


def test_a_seeded_ema_starts_at_the_first_close() -> None:
    assert emas(Ema(3), [10.0, 12.0]) == [10.0, 11.0]


def test_a_debs_ema_starts_from_zero() -> None:
    assert emas(Ema(3, seeded=False), [10.0, 12.0]) == [5.0, 8.5]


@given(closes, st.sampled_from([38, 100]), st.booleans())
def test_an_ema_is_the_weighted_sum_of_all_closes(
    prices: list[float], period: int, seeded: bool
) -> None:
    weight = Fraction(2, 1 + period)
    exact = Fraction(prices[0]) if seeded else Fraction(0)
    for index, value in enumerate(emas(Ema(period, seeded), prices)):
        if index or not seeded:
            exact = Fraction(prices[index]) * weight + exact * (1 - weight)
        assert value == pytest.approx(float(exact), rel=1e-12)


def breakout(pairs: list[tuple[float, float]], *, seeded: bool) -> list[Side | None]:
    rule, state, sides = Breakout(seeded), None, []
    for fast, slow in pairs:
        state, signals = rule.step(state, row(100.0, {"ema38": fast, "ema100": slow}))
        sides.append(signals[0].side if signals else None)
    return sides


@pytest.mark.parametrize(
    ("pairs", "seeded", "expected"),
    [
        ([(2, 1)], False, [Side.BUY]),
        ([(2, 1)], True, [None]),
        ([(1, 1), (2, 1)], True, [None, Side.BUY]),
        ([(1, 1), (1, 2)], True, [None, Side.SELL]),
        ([(2, 1), (3, 1), (1, 2), (1, 3)], True, [None, None, Side.SELL, None]),
        ([(2, 1), (1, 1), (2, 1)], True, [None, None, Side.BUY]),
        ([(2, 1), (1, 1), (1, 1)], True, [None, None, None]),
        ([(1, 2), (2, 1)], True, [None, Side.BUY]),
    ],
)
def test_crossovers(
    pairs: list[tuple[float, float]], seeded: bool, expected: list[Side | None]
) -> None:
    assert breakout(pairs, seeded=seeded) == expected


def test_a_signal_says_what_when_how_strong_and_why() -> None:
    values = {"ema38": 2.0, "ema100": 1.0}
    _, (signal,) = Breakout(seeded=False).step(None, row(50.0, values, number=3, warm=False))
    assert signal == Signal(
        "A/5m/900000/breakout", 1_200_000, "A", "5m", "breakout", Side.BUY, 50.0, 0.02, False,
        "EMA38 2 crossed above EMA100 1",
    )  # fmt: skip


def run(analysis: Analysis, bars: list[Bar]) -> tuple[AnalysisState, list[IndicatorRow]]:
    state, rows = AnalysisState(), []
    for each in bars:
        state, row, _ = analysis.step(state, each)
        assert row is not None
        rows.append(row)
    return state, rows


def test_rows_are_warm_from_the_hundred_and_first_bar() -> None:
    bars = [bar(100.0 + n % 7, n) for n in range(102)]
    _, rows = run(Analysis.of("debs"), bars)
    assert [row.warm for row in rows] == [False] * 100 + [True] * 2


def test_a_bar_that_was_here_before_changes_nothing() -> None:
    analysis = Analysis.of("seeded")
    state, _ = run(analysis, [bar(10.0, 0), bar(11.0, 1)])
    assert analysis.step(state, bar(11.0, 1)) == (state, None, [])
    assert analysis.step(state, bar(10.0, 0)) == (state, None, [])
