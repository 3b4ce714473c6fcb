"""What an expression is made of, once read: numbers and truths over the latest rows.

A number that cannot be told (a division by 0, an overflow) is NaN or infinite; what is compared
with it is neither true nor false but None, and `and`, `or`, `not` are Kleene's (Introduction to
Metamathematics, 1952, section 64): False and None is False, True or None is True, all else with
None is None. Nothing here raises.
"""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite, nan
from typing import Protocol

Past = Sequence[Sequence[float | None]]
"""The values of an expression's names at the latest bars, the newest last."""


class Number(Protocol):
    def number(self, past: Past, back: int) -> float:
        """Its value `back` bars ago."""


class Truth(Protocol):
    def truth(self, past: Past, back: int) -> bool | None:
        """Whether it held `back` bars ago."""


@dataclass(frozen=True, slots=True)
class Constant:
    value: float

    def number(self, past: Past, back: int) -> float:
        return self.value


@dataclass(frozen=True, slots=True)
class Value:
    """A name's value, `lag` bars before the bar that is asked for."""

    place: int
    lag: int

    def number(self, past: Past, back: int) -> float:
        at = len(past) - 1 - back - self.lag
        value = past[at][self.place] if at >= 0 else None
        return nan if value is None else value


@dataclass(frozen=True, slots=True)
class Negative:
    of: Number

    def number(self, past: Past, back: int) -> float:
        return -self.of.number(past, back)


def _divided(one: float, other: float) -> float:
    return one / other if other else nan


ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divided,
}
COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """A number and what is done to it, from left to right."""

    first: Number
    rest: tuple[tuple[str, Number], ...]

    def number(self, past: Past, back: int) -> float:
        value = self.first.number(past, back)
        for sign, other in self.rest:
            value = ARITHMETIC[sign](value, other.number(past, back))
        return value


@dataclass(frozen=True, slots=True)
class Call:
    """The smallest, largest or absolute value of finite numbers."""

    function: Callable[..., float]
    arguments: tuple[Number, ...]

    def number(self, past: Past, back: int) -> float:
        values = [each.number(past, back) for each in self.arguments]
        return self.function(*values) if all(map(isfinite, values)) else nan


@dataclass(frozen=True, slots=True)
class Comparison:
    """`a < b <= c`: every neighbour is compared."""

    first: Number
    rest: tuple[tuple[str, Number], ...]

    def truth(self, past: Past, back: int) -> bool | None:
        left, held = self.first.number(past, back), True
        known = isfinite(left)
        for sign, other in self.rest:
            right = other.number(past, back)
            known = known and isfinite(right)
            held = held and COMPARISONS[sign](left, right)
            left = right
        return held if known else None


@dataclass(frozen=True, slots=True)
class Crossing:
    """`a crosses above b`: a > b after a <= b one bar before; `below` is the other way round."""

    left: Number
    right: Number
    above: bool

    def truth(self, past: Past, back: int) -> bool | None:
        now = self.left.number(past, back) - self.right.number(past, back)
        before = self.left.number(past, back + 1) - self.right.number(past, back + 1)
        if not (isfinite(now) and isfinite(before)):
            return None
        return now > 0 >= before if self.above else now < 0 <= before


@dataclass(frozen=True, slots=True)
class Not:
    of: Truth

    def truth(self, past: Past, back: int) -> bool | None:
        held = self.of.truth(past, back)
        return None if held is None else not held


@dataclass(frozen=True, slots=True)
class Junction:
    """Several truths joined by `and` (`decided` by one that is False) or by `or` (by a True)."""

    parts: tuple[Truth, ...]
    decided: bool

    def truth(self, past: Past, back: int) -> bool | None:
        held = [part.truth(past, back) for part in self.parts]
        if self.decided in held:
            return self.decided
        return None if None in held else not self.decided
