"""The words of a rule's expression, each with its column, and the error that points at one."""

import re
from collections.abc import Iterator
from typing import NamedTuple, NoReturn

from streams.domain.errors import ConfigError

MAX_LENGTH = 500
_SHOWN = 60
_TOKEN = re.compile(
    r"(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<sign><=|>=|==|!=|[<>+*/()\[\].,-])"
)
_HINTS = {
    "=": "write == to compare", "&": "write and", "|": "write or", "!": "write not, or !=",
    "%": "there is no percent: 5 % is 0.05", "^": "write x * x", "'": "there is no text",
    '"': "there is no text",
}  # fmt: skip


class ExpressionError(ConfigError):
    """An expression that is none: the message names the column and shows it with a caret."""

    def __init__(self, text: str, at: int, said: str) -> None:
        """`at` is an index into the text, `said` what was expected and what was there."""
        self.column = at + 1
        begin = max(0, at - _SHOWN)
        part = text[begin : at + _SHOWN]
        line = "".join(each if each.isprintable() else " " for each in part)
        super().__init__(f"column {self.column}: {said}\n  {line}\n  {' ' * (at - begin)}^")


class Token(NamedTuple):
    """A word: its kind (`number`, `name`, `sign` or `end`), its text, its index in the whole."""

    kind: str
    text: str
    at: int

    def __str__(self) -> str:
        return repr(self.text) if self.kind != "end" else "the end"


def tokens(text: str) -> Iterator[Token]:
    """The words in their order, `end` last. Raises ExpressionError for what is no word."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(
            text, MAX_LENGTH, f"expected at most {MAX_LENGTH} characters, was {len(text)}"
        )
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        found = _TOKEN.match(text, at)
        if found is None:
            _refuse(text, at)
        at = found.end()
        if found.lastgroup == "number" and text[at : at + 1].isalnum():
            raise ExpressionError(text, at, f"expected the end of a number, was {text[at]!r}")
        yield Token(str(found.lastgroup), found[0], found.start())
    yield Token("end", "", len(text))


def _refuse(text: str, at: int) -> NoReturn:
    hint = _HINTS.get(text[at], "names, numbers, + - * / ( ) [ ] and comparisons are known")
    raise ExpressionError(text, at, f"expected a name, number or sign, was {text[at]!r}: {hint}")
