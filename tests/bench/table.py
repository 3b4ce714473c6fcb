"""The rows of the bench's table."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One measured thing: what, the figure, and its ratio to what it is compared with."""

    what: str
    figure: str
    ratio: str
