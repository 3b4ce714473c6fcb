"""Reads a rule's expression; there is no eval, and nothing but what is listed here can be said.

```
either     = all { "or" all }
all        = negation { "and" negation }
negation   = "not" negation | comparison
comparison = sum { ("<" | "<=" | ">" | ">=" | "==" | "!=") sum }
           | sum "crosses" ("above" | "below") sum
sum        = product { ("+" | "-") product }
product    = signed { ("*" | "/") signed }
signed     = "-" signed | atom
atom       = NUMBER | NAME [ "[" BARS "]" ] | "prev" "." NAME | "(" either ")"
           | ("abs" | "min" | "max") "(" sum { "," sum } ")"
```
A recursive descent of the kind in Wirth, Compilerbau, 1986, chapter 4.
"""

from collections.abc import Callable, Collection

from streams.domain.rules.nodes import (
    COMPARISONS,
    Comparison,
    Crossing,
    Junction,
    Not,
    Number,
    Truth,
)
from streams.domain.rules.numbers import Numbers, Used, is_number
from streams.domain.rules.tokens import Token
from streams.domain.rules.words import Words


def parse(text: str, known: Collection[str]) -> tuple[Truth, Used]:
    """What the text says, by names among `known`; raises ExpressionError at a column."""
    return _Parser(text, known).whole()


class _Parser:
    """One expression, word by word."""

    def __init__(self, text: str, known: Collection[str]) -> None:
        self._words = Words(text)
        self._numbers = Numbers(self._words, known, self._either)

    def whole(self) -> tuple[Truth, Used]:
        if self._words.now.kind == "end":
            self._words.fail(
                self._words.now, "expected a comparison such as rsi14 < 30, was nothing"
            )
        begin = self._words.now
        found = self._either()
        if self._words.now.kind != "end":
            self._words.fail(
                self._words.now, f"expected and, or, a comparison or the end, was {self._words.now}"
            )
        return self._truth(begin, found), self._numbers.used

    def _truth(self, at: Token, found: Number | Truth) -> Truth:
        if is_number(found):
            self._words.fail(
                at, "expected something true or false such as rsi14 < 30, was a number"
            )
        return found  # type: ignore[return-value]  # there are but the two

    def _either(self) -> Number | Truth:
        return self._junction("or", self._all, decided=True)

    def _all(self) -> Number | Truth:
        return self._junction("and", self._negation, decided=False)

    def _junction(
        self, word: str, part: Callable[[], Number | Truth], *, decided: bool
    ) -> Number | Truth:
        begin = self._words.now
        first = part()
        if self._words.now.text != word:
            return first
        parts = [self._truth(begin, first)]
        while self._words.taken(word):
            begin = self._words.now
            parts.append(self._truth(begin, part()))
        return Junction(tuple(parts), decided)

    def _negation(self) -> Number | Truth:
        if not self._words.taken("not"):
            return self._comparison()
        with self._words.nested():
            begin = self._words.now
            return Not(self._truth(begin, self._negation()))

    def _comparison(self) -> Number | Truth:
        begin, seen = self._words.now, len(self._numbers.used.references)
        first = self._numbers.sum()
        if self._words.taken("crosses"):
            return self._crossing(self._numbers.number(begin, first), seen)
        if self._words.now.text not in COMPARISONS:
            return first
        left, rest = self._numbers.number(begin, first), []
        while sign := self._words.taken(*COMPARISONS):
            begin = self._words.now
            rest.append((sign, self._numbers.number(begin, self._numbers.sum())))
        return Comparison(left, tuple(rest))

    def _crossing(self, left: Number, seen: int) -> Truth:
        """The names in it are also looked at one bar before."""
        word = self._words.taken("above", "below")
        if word is None:
            self._words.fail(self._words.now, f"expected above or below, was {self._words.now}")
        begin = self._words.now
        right = self._numbers.number(begin, self._numbers.sum())
        references = self._numbers.used.references
        references.extend([(place, lag + 1) for place, lag in references[seen:]])
        return Crossing(left, right, word == "above")
