"""What is wrong with a request, and the problem details that say it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import NoReturn

from flask import Flask, Response
from pydantic import ValidationError

from functions._shared.problems import problem
from streams.domain.errors import InputError

_WAS = 80
"""Characters of a value that are repeated to whoever sent it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One parameter that cannot be used."""

    field: str
    expected: str
    was: str

    def __str__(self) -> str:
        return f"{self.field}: expected {self.expected}, was {self.was!r}"


class RefusedError(InputError):
    """The request is refused for good: 404, 406 or 422."""

    def __init__(self, status: int, detail: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(detail)
        self.status = status
        self.faults = tuple(faults)


def refused(field: str, expected: str, was: object) -> RefusedError:
    """422 about one parameter."""
    fault = Fault(field, expected, str(was)[:_WAS])
    return RefusedError(422, str(fault), [fault])


def refuse_invalid(error: ValidationError) -> NoReturn:
    """What pydantic found, as 422 in our words."""
    found: dict[str, Fault] = {}
    for item in error.errors(include_url=False, include_context=False):
        # Behind the name come the members of a union, the one for "left out" last.
        field = str(item["loc"][0])
        expected = _expected(item["type"], item["msg"])
        found.setdefault(field, Fault(field, expected, str(item["input"])[:_WAS]))
    faults = list(found.values())
    raise RefusedError(422, "; ".join(map(str, faults)), faults)


def _expected(kind: str, message: str) -> str:
    """`Input should be less than 5` reads `a value less than 5`."""
    if kind == "extra_forbidden":
        return "no parameter of this name"
    text = message.removeprefix("Value error, ").removeprefix("expected ")
    text = text.removeprefix("Input should be ").removeprefix("String should have ")
    return text.partition(", unable to parse")[0]


def answer_refusals(app: Flask) -> None:
    """Answer RefusedError with its status and, for 422, the parameters as `errors`."""

    @app.errorhandler(RefusedError)
    def _answer(error: RefusedError) -> Response:
        more = {"errors": [asdict(fault) for fault in error.faults]} if error.faults else None
        return problem(error.status, str(error), more=more)
