"""Spoilt requests at a function's real process, and what is a fault in how it answers.

`python -m tests.soak.fuzz --function ingest --seed 1 --only 4711` repeats one of them.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.function_process import FunctionProcess
from tests.function_requests import Requests
from tests.fuzz_mutations import Mutant, mutant
from tests.raw_http import Answer, RawClient

_TRACEBACK = re.compile(rb'Traceback \(most recent|File "/|\.py", line \d')
_SHOWN = 400
# gunicorn's own answers to what is no HTTP request at all: pages, not problem details.
_FRAMING = (400, 405, 413, 414, 417, 431, 501, 505)


@dataclass
class Outcome:
    """What came of it: answers by status, and each fault with what repeats it."""

    function: str
    answers: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    @property
    def accepted(self) -> int:
        """Requests that the function took for good ones."""
        return sum(count for status, count in self.answers.items() if 200 <= status < 300)

    def __str__(self) -> str:
        counts = "  ".join(f"{status}: {count:,}" for status, count in sorted(self.answers.items()))
        return f"{self.function:12} {sum(self.answers.values()):7,} requests   {counts}"


def fuzz(process: FunctionProcess, seed: int, numbers: Iterable[int]) -> Outcome:
    """Send the mutants of these numbers, one after the other."""
    outcome, real = Outcome(process.name), Requests().of(process.name)
    with RawClient(process.url) as client:
        for number in numbers:
            made = mutant(process.name, seed, number, real)
            answer = client.exchange(
                made.portions, method=made.request.method, pause=made.pause,
                alone=made.framing == "short",
            )  # fmt: skip
            outcome.answers[answer.status] += 1
            fault = fault_of(made, answer)
            if process.process.poll() is not None:
                fault = f"the process has ended with {process.process.returncode}"
            if fault:
                outcome.faults.append(_told(process.name, seed, number, made, answer, fault))
    return outcome


def fault_of(made: Mutant, answer: Answer) -> str | None:
    """Why this is no answer to give, or None. Every dependency is up."""
    if answer.status < 0:
        return "the connection hung"
    if answer.status == 0:
        return None if _may_be_dropped(made) else "the connection was closed without an answer"
    if answer.status >= 500 and not (answer.status in _FRAMING and _by_gunicorn(answer)):
        return f"a {answer.status} while everything is up"
    if _TRACEBACK.search(answer.body):
        return "a traceback in the body"
    if answer.status >= 400 and made.request.method != "HEAD":
        return _problem_fault(answer)
    return None


def _may_be_dropped(made: Mutant) -> bool:
    """A body that is cut off, or too long to be read to its end."""
    return made.framing == "short" or "oversized" in made.how


def _by_gunicorn(answer: Answer) -> bool:
    return answer.header("content-type").startswith("text/html")


def _problem_fault(answer: Answer) -> str | None:
    if _by_gunicorn(answer) and answer.status in _FRAMING:
        return None
    if answer.header("content-type") != "application/problem+json":
        return f"a {answer.status} that is no problem+json: {answer.header('content-type')!r}"
    try:
        problem = json.loads(answer.body)
    except ValueError as error:
        return f"a problem that is no JSON: {error}"
    if problem.get("status") != answer.status or not isinstance(problem.get("detail"), str):
        return "a problem without its status or detail"
    return None


def _told(function: str, seed: int, number: int, made: Mutant, answer: Answer, fault: str) -> str:
    sent = b"".join(made.portions)
    return (
        f"{function} --seed {seed} --only {number} ({', '.join(made.how)}): {fault}\n"
        f"  sent {len(sent)} bytes: {sent[:_SHOWN]!r}\n"
        f"  answered {answer.status} {answer.why} {answer.body[:_SHOWN]!r}"
    )
