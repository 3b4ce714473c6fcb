"""A rule's expression, ready to be asked at every bar."""

from collections.abc import Collection
from dataclasses import dataclass

from streams.domain.rules.nodes import Past, Truth
from streams.domain.rules.parser import parse


@dataclass(frozen=True, slots=True)
class Expression:
    """What was written, the names in it, how many bars it looks at, and what it says of them."""

    text: str
    names: tuple[str, ...]
    bars: int
    references: frozenset[tuple[int, int]]
    says: Truth

    def holds(self, past: Past) -> bool | None:
        """Whether it holds at the newest of the rows of its names' values.

        None where that cannot be told: a name of it has no value yet, at any of the bars that it
        looks at, or a division by 0 decides.
        """
        for place, ago in self.references:
            if ago >= len(past) or past[-1 - ago][place] is None:
                return None
        return self.says.truth(past, 0)


def compiled(text: str, known: Collection[str]) -> Expression:
    """The expression that the text is, by these names.

    Raises ExpressionError, a ConfigError, with the column and a caret for whatever is not.
    """
    says, used = parse(text, known)
    bars = 1 + max((ago for _, ago in used.references), default=0)
    return Expression(text, tuple(used.names), bars, frozenset(used.references), says)
