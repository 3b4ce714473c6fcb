"""Expressions of rules that are refused: what is wrong, and in which column."""

import pytest

from streams.domain.rules.expression import compiled
from streams.domain.rules.tokens import MAX_LENGTH, ExpressionError
from tests.unit.domain.rules.expressions import NAMES


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
