"""The numbers of an expression: sums, products, names of now and before; see `parser`."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from difflib import get_close_matches
from math import isfinite
from typing import TypeGuard

from streams.domain.rules.nodes import Arithmetic, Call, Constant, Negative, Number, Truth, Value
from streams.domain.rules.tokens import Token
from streams.domain.rules.words import Words

MAX_LAG = 200
MAX_ARGUMENTS = 8
FUNCTIONS: dict[str, Callable[..., float]] = {"abs": abs, "min": min, "max": max}
RESERVED = frozenset({"and", "or", "not", "crosses", "above", "below", "prev", *FUNCTIONS})


@dataclass(slots=True)
class Used:
    """The names that an expression uses, in the order of their places, and the bars it looks at."""

    names: list[str] = field(default_factory=list)
    references: list[tuple[int, int]] = field(default_factory=list)
    """(place, bars ago)."""

    def place(self, name: str) -> int:
        if name not in self.names:
            self.names.append(name)
        return self.names.index(name)


class Numbers:
    """Reads the words from a sum on; what is in brackets is read by `within`."""

    def __init__(
        self, words: Words, known: Collection[str], within: Callable[[], Number | Truth]
    ) -> None:
        self._words = words
        self._known = known
        self._within = within
        self.used = Used()

    def number(self, at: Token, found: Number | Truth) -> Number:
        """The same, if it is a number; `at` is where it begins."""
        if not is_number(found):
            self._words.fail(at, "expected a number, was something true or false")
        return found

    def sum(self) -> Number | Truth:
        """A sum, or what stands in its place."""
        return self._arithmetic(self._product, "+", "-")

    def _product(self) -> Number | Truth:
        return self._arithmetic(self._signed, "*", "/")

    def _arithmetic(self, part: Callable[[], Number | Truth], *signs: str) -> Number | Truth:
        begin = self._words.now
        first = part()
        if self._words.now.text not in signs:
            return first
        left, rest = self.number(begin, first), []
        while sign := self._words.taken(*signs):
            begin = self._words.now
            rest.append((sign, self.number(begin, part())))
        return Arithmetic(left, tuple(rest))

    def _signed(self) -> Number | Truth:
        if not self._words.taken("-"):
            return self._atom()
        with self._words.nested():
            begin = self._words.now
            return Negative(self.number(begin, self._signed()))

    def _atom(self) -> Number | Truth:
        word = self._words.now
        if word.kind == "end" or (word.kind == "sign" and word.text != "("):
            self._words.fail(word, f"expected a name, a number or (, was {word}")
        self._words.skip()
        if word.kind == "number":
            return Constant(self._finite(word))
        if word.text == "(":
            with self._words.nested():
                found = self._within()
                self._words.expect(")")
            return found
        if word.text in FUNCTIONS:
            return self._call(word)
        return self._value(word)

    def _finite(self, word: Token) -> float:
        value = float(word.text)
        if not isfinite(value):
            self._words.fail(word, f"expected a number below 1e308, was {word.text[:20]}")
        return value

    def _call(self, word: Token) -> Number:
        self._words.expect("(")
        arguments: list[Number] = []
        with self._words.nested():
            while not arguments or self._words.taken(","):
                begin = self._words.now
                arguments.append(self.number(begin, self.sum()))
            self._words.expect(")")
        least, most = (1, 1) if word.text == "abs" else (2, MAX_ARGUMENTS)
        if not least <= len(arguments) <= most:
            wanted = "one number" if most == 1 else f"two to {most} numbers"
            self._words.fail(word, f"expected {wanted} in {word.text}(), was {len(arguments)}")
        return Call(FUNCTIONS[word.text], tuple(arguments))

    def _value(self, word: Token) -> Number:
        """`close`, `close[2]` (two bars before) or `prev.close` (one)."""
        lag = 0
        if word.text == "prev":
            self._words.expect(".")
            word, lag = self._words.now, 1
            self._words.skip()
        if word.kind != "name" or word.text in RESERVED or word.text not in self._known:
            self._words.fail(
                word, f"expected a name that is known, was {word}{self._guess(word.text)}"
            )
        if not lag and self._words.taken("["):
            lag = self._bars()
        place = self.used.place(word.text)
        self.used.references.append((place, lag))
        return Value(place, lag)

    def _bars(self) -> int:
        word = self._words.now
        if word.kind != "number" or not word.text.isdecimal() or not _few(word.text):
            self._words.fail(word, f"expected how many bars ago, 0 to {MAX_LAG}, was {word}")
        self._words.skip()
        self._words.expect("]")
        return int(word.text)

    def _guess(self, name: str) -> str:
        near = get_close_matches(name[:40].lower(), self._known, 1)
        return f" (did you mean {near[0]}?)" if near else ""


def _few(digits: str) -> bool:
    return len(digits) <= len(str(MAX_LAG)) and int(digits) <= MAX_LAG


def is_number(found: Number | Truth) -> TypeGuard[Number]:
    """There are but the two."""
    return hasattr(found, "number")
