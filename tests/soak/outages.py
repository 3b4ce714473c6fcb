"""The outage runs: each server away for a while under load, tables compared with a quiet run.

```
 demo, no tape of its own  ............................................................
 replay --wait, paced          |=======================================|---waits---|
 the victim                              |<-- 20 s: hangs, or down -->|
```
`hangs`: stopped by SIGSTOP, its connections stay open. `down`: killed, connections are refused; the
demo, which would start it again at once, is held by SIGSTOP until the time is over.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import TimeoutExpired

import psycopg2

from streams.adapters.endpoints import read_endpoints
from streams.domain.errors import TapedeckError
from tests.e2e.demo_process import DemoProcess, assert_nothing_left, demo, fresh_home
from tests.e2e.fault_tape import Market, write_tape
from tests.e2e.faults import END_SECONDS, Outcome
from tests.e2e.hanging import hanging, kill_tree
from tests.e2e.stored import differences, notification_faults, stored
from tests.waiting import wait_for

VICTIMS = ("postgres", "redis", "kafka", "serve")
WAYS = ("hangs", "down")
_ENV = {"TAPEDECK_NOTIFY_CHANNELS": "file"}


@dataclass(frozen=True, slots=True)
class Plan:
    """`seconds` is how long the paced replay takes without an outage of `away` seconds."""

    victims: Sequence[str]
    market: Market
    seconds: float
    away: float


@dataclass(frozen=True, slots=True)
class Run:
    """One line of the table; `faults` is empty when all is as it is in the truth."""

    victim: str
    way: str
    seconds: float
    faults: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Result:
    outcome: Outcome
    undelivered: Sequence[str]


def outage_runs(plan: Plan, folder: Path) -> Iterator[Run]:
    """Nobody, then victim after victim, each in both ways."""
    tape = write_tape(folder / "outages.csv", plan.market)
    truth = _replayed(plan, tape)
    faults = notification_faults(truth.outcome.stored, function_died=False)
    rows = truth.outcome.stored.counts()
    if not rows["notifications"]:
        faults.append("nobody was told anything: an outage could not be noticed")
    said = f"{rows['bars']:,} bars, {rows['notifications']:,} told"
    yield Run("nobody", said, truth.outcome.seconds, faults)
    for victim in plan.victims:
        for way in WAYS:
            yield _judged(plan, tape, truth.outcome, victim, way)


def _judged(plan: Plan, tape: Path, truth: Outcome, victim: str, way: str) -> Run:
    began = time.monotonic()
    try:
        found = _replayed(plan, tape, victim, way)
    except (AssertionError, TapedeckError, TimeoutExpired) as error:
        notes = "".join(f"\n{note}" for note in getattr(error, "__notes__", ()))
        ended = f"it did not come to an end: {error}{notes}"
        return Run(victim, way, time.monotonic() - began, [ended])
    outcome = found.outcome
    faults = differences(truth.stored, outcome.stored)
    # Its functions are stopped with `serve`: one may have told and not yet noted it.
    died = (victim, way) == ("serve", "down")
    faults += notification_faults(outcome.stored, function_died=died)
    if truth.counts != outcome.counts:
        faults.append(f"summary: expected {truth.counts}, was {outcome.counts}")
    faults += [f"given up on: {event}" for event in found.undelivered]
    return Run(victim, way, outcome.seconds, faults)


def _replayed(plan: Plan, tape: Path, victim: str | None = None, way: str = "") -> _Result:
    """One replay beside a demo, with the victim away from a quarter of it on."""
    nothing = tape.with_name("nothing.csv")
    nothing.write_text("timestamp,symbol,price,size\n")
    speed = f"{plan.market.hours * 3_600 / plan.seconds:.0f}"
    began = time.monotonic()
    with fresh_home() as home:
        with demo(home, "--no-panel", str(nothing), **_ENV) as run:
            run.wait_for_line("the tape is over")
            replay = run.start("replay", "--wait", "--json", "--speed", speed, str(tape))
            try:
                if victim is not None:
                    _wait_until(time.monotonic() + plan.seconds / 4)
                    assert replay.poll() is None, "the replay was over before the outage"
                    _take_away(run, victim, way, plan.away)
                summary = _summary(run, replay, plan)
            finally:
                replay.kill()
                replay.wait()
            found, undelivered = stored(home), _undelivered(home)
            run.check()
            run.stop()
        assert_nothing_left(home)
    return _Result(Outcome(summary, found, time.monotonic() - began), undelivered)


def _take_away(run: DemoProcess, victim: str, way: str, seconds: float) -> None:
    pid = run.pid(victim)
    if way == "hangs":
        with hanging(pid):
            _wait_until(time.monotonic() + seconds)
        return
    with _held(run.process.pid):
        kill_tree(pid)
        _wait_until(time.monotonic() + seconds)
    run.pid(victim, other_than=pid)


@contextmanager
def _held(pid: int) -> Iterator[None]:
    """One process alone, not those that it has started."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def _summary(run: DemoProcess, replay: "subprocess.Popen[bytes]", plan: Plan) -> dict[str, object]:
    try:
        code = replay.wait(plan.seconds + plan.away + END_SECONDS)
    except TimeoutExpired:
        code = None
    output = (run.home / "replay.output").read_text()
    assert code == 0, f"replay --wait: expected exit 0, was {code}:\n{output[-2_000:]}"
    summary: dict[str, object] = json.loads(output[output.index('{"') :])
    return summary


def _undelivered(home: Path) -> list[str]:
    """Events that the dead-letter function holds: an outage this short is no reason for any."""
    address = read_endpoints(home).database
    query = (
        "SELECT event_id, destination, code, left(error, 300) FROM undelivered ORDER BY first_ms"
    )
    with closing(psycopg2.connect(address)) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        return [" ".join(row) for row in cursor.fetchall()]


def _wait_until(moment: float) -> None:
    seconds = max(0.0, moment - time.monotonic()) + 5
    wait_for(lambda: time.monotonic() >= moment, "the end of the outage", seconds)
