"""Replays that are disturbed: processes killed by pid on the way, and what is left in the end."""

import json
import os
import random
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tests.e2e.demo_process import (
    DemoProcess,
    assert_nothing_left,
    demo,
    fresh_home,
    noted_pid,
)
from tests.e2e.stored import Stored, stored
from tests.waiting import wait_for

FUNCTION = frozenset({"notify", "notify-worker"})
VICTIMS = (
    "bars", "signals", "archive", "deliver", "serve", "notify", "notify-worker",
    "postgres", "kafka", "redis", "replay",
)  # fmt: skip
END_SECONDS = 200.0
_COMPARED = (
    "rows_read", "ticks", "bars", "ticks_late", "signals", "anomalies", "notifications",
    "dead_letters",
)  # fmt: skip
_ENV = {"TAPEDECK_NOTIFY_CHANNELS": "file"}


@dataclass(frozen=True, slots=True)
class Strike:
    """A kill -9 of `victim`, so many seconds after the replay began."""

    at: float
    victim: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run said and stored, how long it took, and when within the replay it was struck."""

    summary: dict[str, Any]
    stored: Stored
    seconds: float
    struck: tuple[float, ...] = ()

    @property
    def counts(self) -> dict[str, Any]:
        """The part of the summary that every run of the same tape shares."""
        return {name: self.summary[name] for name in _COMPARED}


def moments(rng: random.Random, seconds: float, count: int = 3) -> list[float]:
    """Random moments within a replay of that length, one in each part of its middle."""
    begin, length = 0.12 * seconds, 0.72 * seconds / count
    return [begin + (number + rng.uniform(0.05, 0.85)) * length for number in range(count)]


def disturbed(tape: Path, strikes: Sequence[Strike] = (), speed: str = "max") -> Outcome:
    """Replay the tape in a demo of its own, strike, and read what is there in the end."""
    arguments = ("--exit", "--no-panel", "--json", "--speed", speed, str(tape))
    began = time.monotonic()
    with fresh_home() as home, demo(home, *arguments, **_ENV) as run:
        run.wait_for_line("logs ")
        replaying = time.monotonic()
        struck = []
        for each in sorted(strikes, key=lambda each: each.at):
            _wait_until(replaying + each.at)
            struck.append(strike(run, each.victim) - replaying)
        summary = run.finish(END_SECONDS)
        return Outcome(summary, stored(home), time.monotonic() - began, tuple(struck))


def replay_killed(tape: Path, after: Sequence[float], speed: str) -> Outcome:
    """Kill a paced `tapedeck replay` so many seconds after its start, again and again; finish it.

    The last run goes as fast as it can, so its batches are cut otherwise.
    """
    began = time.monotonic()
    with fresh_home() as home:
        nothing = home / "nothing.csv"
        nothing.write_text("timestamp,symbol,price,size\n")
        with demo(home, "--no-panel", str(nothing), **_ENV) as run:
            run.wait_for_line("the tape is over")
            for seconds in after:
                _kill_replay(run, tape, seconds, speed)
            done = run.run("replay", "--wait", "--json", str(tape), seconds=END_SECONDS)
            assert done.returncode == 0, done.stderr
            found = stored(home)
            run.stop()
        assert_nothing_left(home)
        return Outcome(json.loads(done.stdout), found, time.monotonic() - began)


def strike(run: DemoProcess, victim: str) -> float:
    """Kill -9, by pid, and wait until the pid file names another one (a function: at its turn).

    Returns the monotonic time of the kill.
    """
    if victim in FUNCTION:
        os.kill(wait_for(lambda: _function(run, victim), f"{victim} to run", 60), signal.SIGKILL)
        return time.monotonic()
    pid = run.pid(victim)
    os.kill(pid, signal.SIGKILL)
    struck = time.monotonic()
    run.pid(victim, other_than=pid)
    return struck


def _function(run: DemoProcess, victim: str) -> int | None:
    """The pid of an instance of the function, or of its worker; there may be two instances."""
    run.check()
    pids = (noted_pid(run.home, name) for name in ("notify", "notify-2"))
    master = next((pid for pid in pids if pid is not None), None)
    if master is None or victim == "notify":
        return master
    children = psutil.Process(master).children()
    return children[0].pid if children else None


def _kill_replay(run: DemoProcess, tape: Path, seconds: float, speed: str) -> None:
    replay = run.start("replay", "--speed", speed, str(tape))
    _wait_until(time.monotonic() + seconds)
    assert replay.poll() is None, f"the replay was to be killed, it ended with {replay.returncode}"
    replay.kill()
    replay.wait()


def _wait_until(moment: float) -> None:
    seconds = max(0.0, moment - time.monotonic()) + 5
    wait_for(lambda: time.monotonic() >= moment, "the moment to strike", seconds)
