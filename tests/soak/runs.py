"""The fault runs: every victim killed three times in the middle of a replay, tables compared."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from subprocess import TimeoutExpired

from streams.domain.errors import TapedeckError
from tests.e2e.fault_tape import Market, write_tape
from tests.e2e.faults import FUNCTION, Outcome, Strike, disturbed, moments, replay_killed
from tests.e2e.stored import differences, notification_faults


@dataclass(frozen=True, slots=True)
class Run:
    """One line of the table; `faults` is empty when all is as it is in the truth.

    `moments` are seconds from the begin of the replay to each kill.
    """

    victim: str
    moments: Sequence[float]
    seconds: float
    faults: Sequence[str]


@dataclass(frozen=True, slots=True)
class Plan:
    """`seconds` is how long a paced replay takes; `seed` chooses the moments."""

    victims: Sequence[str]
    market: Market
    seconds: float
    seed: int

    @property
    def speed(self) -> str:
        return f"{self.market.hours * 3_600 / self.seconds:.0f}"


def fault_runs(plan: Plan, folder: Path) -> Iterator[Run]:
    """The truth at full speed, the same at the pace of the others, then victim after victim."""
    tape = write_tape(folder / "tape.csv", plan.market)
    truth = disturbed(tape)
    faults = notification_faults(truth.stored, function_died=False)
    yield Run(f"nobody: {_described(truth)}", (), truth.seconds, faults)
    paced = partial(disturbed, tape, (), plan.speed)
    yield _judged(truth, "nobody, paced", (), paced)
    for victim in plan.victims:
        at = moments(random.Random(f"{plan.seed}/{victim}"), plan.seconds)
        run = _judged(truth, victim, at, partial(_outcome, plan, tape, victim, at))
        if any(moment > plan.seconds for moment in run.moments):
            late = "a kill came after the end of the replay: give --seconds more"
            run = replace(run, faults=[*run.faults, late])
        yield run


def _outcome(plan: Plan, tape: Path, victim: str, at: Sequence[float]) -> Outcome:
    if victim == "replay":
        return replay_killed(tape, at, plan.speed)
    return disturbed(tape, [Strike(moment, victim) for moment in at], plan.speed)


def _judged(truth: Outcome, victim: str, at: Sequence[float], work: Callable[[], Outcome]) -> Run:
    began = time.monotonic()
    try:
        found = work()
    except (AssertionError, TapedeckError, TimeoutExpired) as error:
        return Run(victim, at, time.monotonic() - began, [_explained(error)])
    faults = differences(truth.stored, found.stored)
    faults += notification_faults(found.stored, function_died=victim in FUNCTION)
    # The last run of a killed replay counts only what the earlier ones had not done.
    if victim != "replay" and truth.counts != found.counts:
        faults.append(f"summary: expected {truth.counts}, was {found.counts}")
    return Run(victim, found.struck or at, found.seconds, faults)


def _explained(error: BaseException) -> str:
    notes = "".join(f"\n{note}" for note in getattr(error, "__notes__", ()))
    return f"it did not come to an end: {error}{notes}"


def _described(truth: Outcome) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in truth.stored.counts().items())
