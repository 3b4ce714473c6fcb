"""Expressions of rules: what they mean, what they need, and what they cannot tell."""

from math import inf, nan

import pytest

from streams.domain.rules.expression import compiled
from tests.unit.domain.rules.expressions import NAMES, held


@pytest.mark.parametrize(
    ("text", "bar", "holds"),
    [
        ("a < b", (1, 2, 3), True),
        ("a >= b", (2, 2, 3), True),
        ("a != b", (2, 2, 3), False),
        ("a == 2 and b == 2", (2, 2, 3), True),
        ("a < b < c", (1, 2, 3), True),
        ("a < b < c", (1, 4, 3), False),
        ("a + b * c == 7", (1, 2, 3), True),
        ("(a + b) * c == 9", (1, 2, 3), True),
        ("c - b - a == 0", (1, 2, 3), True),
        ("c / b / a == 1.5", (1, 2, 3), True),
        ("-a < 0", (1, 2, 3), True),
        ("- -a == 1", (1, 2, 3), True),
        ("a - -b == 3", (1, 2, 3), True),
        ("not a > b", (1, 2, 3), True),
        ("not not a > b", (1, 2, 3), False),
        ("a > b or b > a and c > 5", (1, 2, 3), False),  # and binds closer
        ("(a > b or b > a) and c > 5", (1, 2, 6), True),
        ("not a > b and c > 5", (1, 2, 3), False),
        ("abs(a - c) == 2", (1, 2, 3), True),
        ("min(a, b, c) == 1 and max(a, b) == 2", (1, 2, 3), True),
        ("a < .5e1 and b > 1.", (1, 2, 3), True),
        ("1 < 2", (1, 2, 3), True),
    ],
)
def test_what_it_means(text: str, bar: tuple[float, ...], holds: bool) -> None:
    assert held(text, bar) is holds


@pytest.mark.parametrize(
    ("text", "bars", "holds"),
    [
        ("a > a[1]", [(1,), (2,)], True),
        ("a > prev.a", [(2,), (1,)], False),
        ("a[2] == 1 and a[0] == 3", [(1,), (2,), (3,)], True),
        ("a crosses above 5", [(5,), (6,)], True),
        ("a crosses above 5", [(6,), (7,)], False),
        ("a crosses above 5", [(4,), (5,)], False),
        ("a crosses below 5", [(5,), (4,)], True),
        ("a crosses below prev.a", [(1,), (2,), (1,)], True),
        ("a crosses above 5", [(6,)], None),
        ("a > a[1]", [(1,)], None),
        ("a > a[1]", [(None,), (1,)], None),
        ("a > 0 and a[1] > 0", [(None,), (1,)], None),
    ],
)
def test_bars_before(text: str, bars: list[tuple[float]], holds: bool | None) -> None:
    assert held(text, *bars, names="a") is holds


@pytest.mark.parametrize(
    ("text", "bar", "holds"),
    [
        ("a / b > 1", (1, 0), None),
        ("a / b > 1 or a == 1", (1, 0), True),
        ("a / b > 1 and a == 2", (1, 0), False),
        ("a / b > 1 and a == 1", (1, 0), None),
        ("not a / b > 1", (1, 0), None),
        ("b == 0 or a / b > 1", (1, 0), True),
        ("a * a > 1", (1e200, 0), None),
        ("min(a / b, 1) < 2", (1, 0), None),
        ("a > 0 or b > 0", (1, None), None),  # a name without a value: silent, whatever else
    ],
)
def test_what_cannot_be_told_is_neither_true_nor_false(
    text: str, bar: tuple[float | None, ...], holds: bool | None
) -> None:
    assert held(text, bar, names="ab") is holds


def test_names_and_bars_that_it_needs_are_known() -> None:
    expression = compiled("close > close[3] and a crosses above prev.b", NAMES)
    assert (expression.names, expression.bars) == (("close", "a", "b"), 4)
    assert compiled("a crosses above b[4]", NAMES).bars == 6
    assert compiled("1 < 2", NAMES).bars == 1


@pytest.mark.parametrize("value", [inf, -inf, nan])
def test_what_is_not_finite_is_compared_with_nothing(value: float) -> None:
    assert held("a > 1", (value,), names="a") is None
    assert held("a != 1", (value,), names="a") is None
