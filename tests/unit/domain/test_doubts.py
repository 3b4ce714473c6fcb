"""The permutation test and the deflated Sharpe ratio: against a published case and by force."""

import random
from math import sqrt

import pytest

from streams.domain.deflated_sharpe import deflated_sharpe, expected_best, probabilistic_sharpe
from streams.domain.performance import Moments, moments
from streams.domain.permutation import permutation_test


def test_the_paper_s_example() -> None:
    """Bailey and Lopez de Prado 2014, "A numerical example": 100 trials, five years of days."""
    found = Moments(1_250, 2.5 / sqrt(250), 1.0, -3.0, 10.0)
    best = expected_best(100, sqrt(0.5 / 250))
    assert best == pytest.approx(0.1132, abs=5e-5)
    assert probabilistic_sharpe(found, best) == pytest.approx(0.9004, abs=5e-5)
    assert probabilistic_sharpe(found, expected_best(46, sqrt(0.5 / 250))) == pytest.approx(
        0.9505, abs=5e-5
    )
    normal = Moments(1_250, 2.5 / sqrt(250), 1.0, 0.0, 3.0)
    assert probabilistic_sharpe(normal, expected_best(88, sqrt(0.5 / 250))) == pytest.approx(
        0.9505, abs=5e-5
    )


def test_the_best_of_many_worthless_rules_is_expected_to_look_good() -> None:
    rng = random.Random(1)
    for tried in (2, 10, 100):
        best = [max(rng.gauss(0, 1) for _ in range(tried)) for _ in range(3_000)]
        # The formula is the limit for many; for two it is some tenth off.
        assert expected_best(tried, 1.0) == pytest.approx(sum(best) / len(best), abs=0.12)
    assert expected_best(1, 1.0) == 0.0


def test_it_says_of_the_best_of_worthless_rules_that_it_is_luck() -> None:
    rng = random.Random(2)
    best = max(
        (moments([rng.gauss(0, 0.01) for _ in range(500)]) for _ in range(50)),
        key=lambda found: found.sharpe or 0.0 if found else 0.0,
    )
    assert best is not None
    alone, of_many = deflated_sharpe(best, 1), deflated_sharpe(best, 50)
    assert alone is not None
    assert of_many is not None
    assert alone > 0.95 > of_many


def test_a_ratio_that_is_none_is_not_deflated() -> None:
    assert deflated_sharpe(Moments(1, 0.1, 0.0, 0.0, 3.0), 1) is None
    assert deflated_sharpe(Moments(9, 0.1, 0.0, 0.0, 3.0), 1) is None


def test_the_turns_are_those_by_force() -> None:
    rng = random.Random(3)
    positions = [rng.choice([-1, 0, 0, 1]) for _ in range(37)]
    values = [rng.gauss(0, 1) for _ in range(37)]
    found = permutation_test([(positions, values)])
    assert found is not None
    forced = [sum(p * values[(at + by) % 37] for at, p in enumerate(positions)) for by in range(37)]
    assert found.turned == pytest.approx(forced)
    assert found.actual == pytest.approx(forced[0])
    assert found.p_value == sum(value >= forced[0] - 1e-9 for value in forced) / 37


def test_long_series_are_turned_so_often_and_no_more() -> None:
    found = permutation_test([([0, 1] * 50, [1.0] * 100)], most=10)
    assert found is not None
    assert len(found.turned) == 10
    assert found.p_value == 1.0  # each turn earns the same


def test_who_knows_the_next_return_is_no_chance() -> None:
    rng = random.Random(4)
    values = [rng.gauss(0, 1) for _ in range(500)]
    found = permutation_test([([1 if value > 0 else -1 for value in values], values)])
    assert found is not None
    assert found.p_value == 1 / 500


def test_chance_has_a_p_value_of_any_size() -> None:
    """Below 0.1 in a tenth of worthless cases, within what 200 of them may vary."""
    rng = random.Random(6)
    small = 0
    for _ in range(200):
        positions = [rng.choice([-1, 1]) for _ in range(80)]
        found = permutation_test([(positions, [rng.gauss(0.1, 1) for _ in range(80)])])
        assert found is not None
        small += found.p_value <= 0.1
    assert 6 <= small <= 36


@pytest.mark.parametrize("series", [[], [([], [])], [([0, 0], [1.0, 2.0])]])
def test_nothing_held_is_nothing_to_test(series: list[tuple[list[int], list[float]]]) -> None:
    assert permutation_test(series) is None
