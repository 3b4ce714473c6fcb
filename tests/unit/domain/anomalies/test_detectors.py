"""Each detector on literal tables: at the border, beyond it, and while there is nothing to say."""

import math
from itertools import pairwise
from statistics import median

import pytest

from streams.domain.anomalies.detector import Detector
from streams.domain.anomalies.finding import Finding
from streams.domain.anomalies.missing_bars import MissingBars
from streams.domain.anomalies.price_gap import PriceGap
from streams.domain.anomalies.price_outlier import PriceOutlier
from streams.domain.anomalies.price_spike import PriceSpike
from streams.domain.anomalies.rsi_extreme import RsiExtreme
from streams.domain.anomalies.rules import LADDERS, AnomalyRules
from streams.domain.anomalies.volume_spike import VolumeSpike
from tests.unit.domain.anomalies.rows import found, last, row, watched

FLAT = [row(n) for n in range(20)]


def rank(finding: Finding | None) -> int:
    return finding.rank if finding else 0


@pytest.mark.parametrize(
    ("close", "expected"),
    [
        (105.0, 0), (105.01, 1), (107.5, 1), (107.6, 2), (110.1, 3), (115.1, 4), (1e9, 4),
        (95.0, 0), (94.99, 1), (92.4, 2), (89.9, 3), (84.9, 4), (0.01, 4),
    ],
)  # fmt: skip
def test_a_price_spike_is_more_than_5_percent_off_the_mean_of_20(
    close: float, expected: int
) -> None:
    assert rank(last(PriceSpike(), [*FLAT, row(20, close)])) == expected


def test_a_price_spike_says_what_was_expected_and_where_the_border_is() -> None:
    finding = last(PriceSpike(), [*FLAT, row(20, 112.0)])
    assert finding is not None
    assert (finding.value, finding.expected, finding.threshold) == (112.0, 100.0, 105.0)
    low = last(PriceSpike(), [*FLAT, row(20, 88.0)])
    assert low is not None
    assert (low.value, low.threshold) == (88.0, 95.0)


def test_a_spike_within_the_bar_counts_and_needs_20_bars_before_it() -> None:
    assert rank(last(PriceSpike(), [*FLAT, row(20, 100.0, low=85.1)])) == 3
    assert last(PriceSpike(), [*FLAT[:19], row(19, 200.0)]) is None


def test_a_spike_does_not_hide_in_its_own_mean() -> None:
    finding = last(PriceSpike(), [*FLAT, row(20, 105.2)])
    assert finding is not None
    assert finding.expected == 100.0


@pytest.mark.parametrize(
    ("volume", "expected"), [(3.0, 0), (3.01, 1), (6.1, 2), (15.1, 3), (40.1, 4), (0.0, 0)]
)
def test_a_volume_spike_is_more_than_three_times_the_mean(volume: float, expected: int) -> None:
    assert rank(last(VolumeSpike(), [*FLAT, row(20, volume=volume)])) == expected


def test_without_volume_nothing_is_said_of_it() -> None:
    silent = [row(n, volume=0.0) for n in range(20)]
    assert found(VolumeSpike(), [*silent, row(20, volume=9.0)]) == [None] * 21


@pytest.mark.parametrize(
    ("rsi", "expected"),
    [(70.0, 0), (70.1, 1), (80.1, 2), (90.1, 3), (95.1, 4), (30.0, 0), (29.9, 1), (4.0, 4)],
)
def test_rsi_beyond_70_or_30_is_extreme(rsi: float, expected: int) -> None:
    moving = [row(n, 100.0 + n % 2) for n in range(15)]
    assert rank(last(RsiExtreme(), [*moving, row(15, 100.0, rsi14=rsi)])) == expected


def test_the_rsi_of_a_price_that_hardly_moves_says_nothing() -> None:
    still = [row(n) for n in range(15)]
    assert last(RsiExtreme(), [*still, row(15, 101.0, rsi14=100.0)]) is None
    moves = [row(n, 100.0 + (n if n < 7 else 6)) for n in range(14)]
    assert rank(last(RsiExtreme(), [*moves, row(14, 107.0, rsi14=100.0)])) == 4
    assert last(RsiExtreme(), [*moves, row(14, 107.0)]) is None  # no RSI in the row


def closes(count: int) -> list[float]:
    """Prices whose returns have two signs and several sizes."""
    return [100 * math.exp(0.001 * (n * n % 7)) for n in range(count)]


def test_a_price_outlier_is_a_robust_z_score_by_its_formula() -> None:
    rows = [row(n, close) for n, close in enumerate([*closes(60), 103.0])]
    finding = last(PriceOutlier(), rows)
    assert finding is not None
    logs = [math.log(each.close) for each in rows]
    returns = [after - before for before, after in pairwise(logs)]
    middle = median(returns[:-1])
    mad = median(abs(value - middle) for value in returns[:-1])
    z = (returns[-1] - middle) / (1.482602218505602 * mad)
    assert f"z of {z:+.1f}" in finding.reason
    assert finding.rank == LADDERS["price_outlier"].rank(abs(z)) > 0
    assert finding.expected == pytest.approx(rows[-2].close * math.exp(middle))


def test_an_outlier_needs_30_returns_and_a_scale() -> None:
    early = [row(n, close) for n, close in enumerate([*closes(30), 150.0])]
    assert last(PriceOutlier(), early) is None
    still = [row(n) for n in range(70)]
    assert found(PriceOutlier(), [*still, row(70, 150.0)]) == [None] * 71


def test_where_most_returns_are_zero_their_mean_deviation_is_the_scale() -> None:
    rare = [row(n, 100.1 if n % 10 == 9 else 100.0) for n in range(70)]
    assert last(PriceOutlier(), [*rare, row(70, 100.05)]) is None
    assert rank(last(PriceOutlier(), [*rare, row(70, 103.0)])) == 4


@pytest.mark.parametrize(
    ("opened", "expected"), [(102.0, 0), (102.1, 1), (94.9, 2), (110.1, 3), (121.0, 4)]
)
def test_a_price_gap_is_from_the_close_before_however_long_ago(
    opened: float, expected: int
) -> None:
    rows = [row(0, 100.0), row(500, opened, open_=opened)]
    assert rank(last(PriceGap(), rows)) == expected


@pytest.mark.parametrize(
    ("step", "missing"), [(1, None), (4, None), (5, None), (6, 5.0), (7, 6.0), (120, 119.0)]
)
def test_missing_bars_are_those_of_a_symbol_that_has_them_always(
    step: int, missing: float | None
) -> None:
    finding = last(MissingBars(), [*FLAT, row(19 + step)])
    assert (finding.value if finding else None) == missing


def test_a_market_that_was_closed_misses_nothing() -> None:
    assert last(MissingBars(), [*FLAT, row(19 + 121)]) is None
    assert rank(last(MissingBars(closed_after=0), [*FLAT, row(19 + 121)])) == 3


def test_a_symbol_that_seldom_trades_misses_nothing() -> None:
    sparse = [row(4 * n) for n in range(20)]
    assert last(MissingBars(), [*sparse, row(76 + 20)]) is None
    assert rank(last(MissingBars(), [*sparse, row(76 + 21)])) == 3


EVERY = AnomalyRules().detectors()


@pytest.mark.parametrize("detector", EVERY, ids=lambda each: each.kind)
def test_a_constant_series_is_ordinary(detector: Detector) -> None:
    assert found(detector, [row(n, rsi14=50.0) for n in range(200)]) == [None] * 200


@pytest.mark.parametrize("detector", EVERY, ids=lambda each: each.kind)
@pytest.mark.parametrize("close", [0.0, -1.0, 5e-324, 1.7e308, 1e300])
def test_bars_that_cannot_be_raise_nothing(detector: Detector, close: float) -> None:
    rows = [row(n, close if n % 3 else 1.0, volume=abs(close)) for n in range(100)]
    assert len(found(detector, rows)) == 100


def test_the_whole_watch_is_silent_on_a_constant_series() -> None:
    assert watched(AnomalyRules(), [row(n, rsi14=50.0) for n in range(200)]) == []
