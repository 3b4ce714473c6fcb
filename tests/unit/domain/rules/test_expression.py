"""Expressions of rules: what they mean, what is refused and where, and nothing else happens."""

import ast
import time
from collections.abc import Sequence
from math import inf, nan

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from streams.domain.rules.expression import Expression, compiled
from streams.domain.rules.numbers import FUNCTIONS, RESERVED
from streams.domain.rules.tokens import MAX_LENGTH, ExpressionError

NAMES = ("a", "b", "c", "close", "rsi14", "bb_lower")


def held(text: str, *past: Sequence[float | None], names: str = "abc") -> bool | None:
    """Whether it holds at the last of the bars; each bar gives the values of the names."""
    expression = compiled(text, NAMES)
    places = [names.index(name) for name in expression.names]
    return expression.holds([[bar[at] for at in places] for bar in past])


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


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("", 1, "expected a comparison such as rsi14 < 30, was nothing"),
        ("   ", 4, "expected a comparison such as rsi14 < 30, was nothing"),
        ("rsi13 < 30", 1, "expected a name that is known, was 'rsi13' (did you mean rsi14?)"),
        ("close > BB_Lower", 9, "was 'BB_Lower' (did you mean bb_lower?)"),
        ("qqqq > 1", 1, "expected a name that is known, was 'qqqq'"),
        ("close", 1, "expected something true or false such as rsi14 < 30, was a number"),
        ("a < 1 and b", 11, "expected something true or false"),
        ("not b", 5, "expected something true or false"),
        ("a + (b < 1) > 2", 5, "expected a number, was something true or false"),
        ("(a < b) < c", 1, "expected a number, was something true or false"),
        ("-(a < b) > c", 2, "expected a number, was something true or false"),
        ("min(a, b < c) > 1", 10, "expected ')', was '<'"),
        ("min(a, (b < c)) > 1", 8, "expected a number, was something true or false"),
        ("a <", 4, "expected a name, a number or (, was the end"),
        ("a < 3 b", 7, "expected and, or, a comparison or the end, was 'b'"),
        ("(a < 3", 7, "expected ')', was the end"),
        ("a < 3)", 6, "expected and, or, a comparison or the end, was ')'"),
        ("a = 3", 3, "write == to compare"),
        ("a < 3 && b < 3", 7, "write and"),
        ("a < 3%", 6, "5 % is 0.05"),
        ("a == 'x'", 6, "there is no text"),
        ("a < 1e999", 5, "expected a number below 1e308, was 1e999"),
        ("a < 3x", 6, "expected the end of a number, was 'x'"),
        ("a[1.5] < 3", 3, "expected how many bars ago, 0 to 200, was '1.5'"),
        ("a[201] < 3", 3, "expected how many bars ago, 0 to 200, was '201'"),
        ("a[-1] < 3", 3, "expected how many bars ago, 0 to 200, was '-'"),
        ("a[b] < 3", 3, "expected how many bars ago, 0 to 200, was 'b'"),
        ("prev.zzz < 3", 6, "expected a name that is known, was 'zzz'"),
        ("prev < 3", 6, "expected '.', was '<'"),
        ("a.__class__ < 3", 2, "expected and, or, a comparison or the end, was '.'"),
        ("__import__ < 3", 1, "expected a name that is known"),
        ("a crosses 3", 11, "expected above or below, was '3'"),
        ("abs < 3", 5, "expected '(', was '<'"),
        ("abs(a, b) < 3", 1, "expected one number in abs(), was 2"),
        ("max(a) < 3", 1, "expected two to 8 numbers in max(), was 1"),
        ("a < 3\nand b ; c", 13, "was ';'"),
        ("(" * 33 + "a < 1" + ")" * 33, 34, "expected at most 32 levels, was one more"),
        ("not " * 33 + "a < 1", 133, "expected at most 32 levels, was one more"),
        ("a < 1 or " * 60 + "a < 1", MAX_LENGTH + 1, "expected at most 500 characters, was 545"),
    ],
)
def test_what_is_wrong_is_said_with_its_column_and_shown(text: str, column: int, said: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        compiled(text, NAMES)
    message = str(caught.value)
    assert message.startswith(f"column {column}: ")
    assert said in message
    assert caught.value.column == column
    _, shown, caret = message.split("\n")
    assert len(caret) - 2 - min(column - 1, 60) == 1
    at = len(caret) - 1
    wanted = text[column - 1 : column]
    assert shown[at : at + 1] == (wanted if wanted.isprintable() else " ")


def test_names_and_bars_that_it_needs_are_known() -> None:
    expression = compiled("close > close[3] and a crosses above prev.b", NAMES)
    assert (expression.names, expression.bars) == (("close", "a", "b"), 4)
    assert compiled("a crosses above b[4]", NAMES).bars == 6
    assert compiled("1 < 2", NAMES).bars == 1


@given(st.text(max_size=600))
@example("(" * 499)
@example("a" * 500)
@example("-" * 500)
@example("a<" * 250)
@example("²[٣] < 1")
@example("1" * 400 + " < a")
@example("a[" + "9" * 400 + "] < 1")
def test_any_text_is_an_expression_or_its_own_error(text: str) -> None:
    _read(text)


_WORDS = st.sampled_from(
    [*NAMES, *sorted(RESERVED), "(", ")", "[", "]", ".", ",", "<", "<=", ">", "==", "!=", "+", "-",
     "*", "/", "1", "0", "2.5", "1e300", "\n"]
)  # fmt: skip


@settings(max_examples=300)
@given(
    st.lists(_WORDS, max_size=60),
    st.lists(
        st.tuples(*[st.none() | st.floats(allow_nan=True, allow_infinity=True)] * len(NAMES)),
        max_size=4,
    ),
)
def test_any_words_are_an_expression_or_its_own_error_and_any_values_an_answer(
    words: list[str], bars: list[tuple[float | None, ...]]
) -> None:
    expression = _read(" ".join(words))
    if expression is not None:
        places = [NAMES.index(name) for name in expression.names]
        past = [[bar[at] for at in places] for bar in bars]
        assert expression.holds(past) in (True, False, None)


def _read(text: str) -> Expression | None:
    """The expression, or None where it is refused; quickly."""
    began = time.process_time()
    try:
        expression = compiled(text, NAMES)
    except ExpressionError as error:
        expression, column = None, error.column
    else:
        column = 1
    assert time.process_time() - began < 0.5
    assert 1 <= column <= MAX_LENGTH + 1
    return expression


_number = st.recursive(
    st.sampled_from(["a", "b", "c", "1", "2.5", "0"]),
    lambda inner: (
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})")
        | inner.map(lambda number: f"(-{number})")
        | st.tuples(st.sampled_from(["min", "max"]), inner, inner).map(
            lambda t: f"{t[0]}({t[1]}, {t[2]})"
        )
    ),
    max_leaves=5,
)
_truth = st.recursive(
    st.tuples(_number, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), _number).map(" ".join),
    lambda inner: (
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(
            lambda t: f"({t[0]} {t[1]} {t[2]})"
        )
        | inner.map(lambda truth: f"(not {truth})")
    ),
    max_leaves=5,
)


@settings(max_examples=200)
@given(_truth, st.tuples(*[st.integers(-5, 5).map(float)] * 3))
def test_it_agrees_with_python_where_everything_can_be_told(
    text: str, bar: tuple[float, float, float]
) -> None:
    assume(len(text) <= MAX_LENGTH and text.count("(") <= 30)
    try:
        wanted = _python(text, dict(zip("abc", bar, strict=True)))
    except ZeroDivisionError:
        return
    found = held(text, bar)
    assert found is None or found == wanted


def _python(text: str, values: dict[str, float]) -> bool:
    """Python's own reading of a text that was made above."""
    tree = ast.parse(text, mode="eval")
    answer = eval(compile(tree, "test", "eval"), {"__builtins__": FUNCTIONS}, values)
    assert isinstance(answer, bool)
    return answer


@pytest.mark.parametrize("value", [inf, -inf, nan])
def test_what_is_not_finite_is_compared_with_nothing(value: float) -> None:
    assert held("a > 1", (value,), names="a") is None
    assert held("a != 1", (value,), names="a") is None
