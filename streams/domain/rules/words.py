"""A place among the words of an expression, that moves on as they are read."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from streams.domain.rules.tokens import ExpressionError, Token, tokens

MAX_DEPTH = 32


class Words:
    """The words of one expression, from the first to the last."""

    def __init__(self, text: str) -> None:
        """Raises ExpressionError for what is no word."""
        self._text = text
        self._words = list(tokens(text))
        self._at = 0
        self._depth = 0

    @property
    def now(self) -> Token:
        """The word that is to be read."""
        return self._words[self._at]

    def skip(self) -> None:
        """On to the next word; there is nothing behind the end."""
        self._at += self.now.kind != "end"

    def taken(self, *texts: str) -> str | None:
        """The word's text, and on to the next, when it is one of these."""
        word = self.now
        if word.kind == "end" or word.text not in texts:
            return None
        self.skip()
        return word.text

    def expect(self, text: str) -> None:
        """The word must be this one."""
        if self.taken(text) is None:
            self.fail(self.now, f"expected {text!r}, was {self.now}")

    def fail(self, at: Token, said: str) -> NoReturn:
        """Raise the ExpressionError that points at a word."""
        raise ExpressionError(self._text, at.at, said)

    @contextmanager
    def nested(self) -> Iterator[None]:
        """One level deeper; too many are an error, before the interpreter's stack is."""
        if self._depth == MAX_DEPTH:
            self.fail(self.now, f"expected at most {MAX_DEPTH} levels, was one more")
        self._depth += 1
        yield
        self._depth -= 1
