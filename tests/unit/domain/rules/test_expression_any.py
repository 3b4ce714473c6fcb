"""Any text is an expression of a rule or its own error; Python agrees with what it means."""

import ast
import time

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from streams.domain.rules.expression import Expression, compiled
from streams.domain.rules.numbers import FUNCTIONS, RESERVED
from streams.domain.rules.tokens import MAX_LENGTH, ExpressionError
from tests.unit.domain.rules.expressions import NAMES, held


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
