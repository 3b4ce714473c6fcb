"""`tapedeck bench scale`: one, two and more processes of `run bars` in one consumer group.

Every run gets the same ticks in fresh topics; its figure is of the time in which all processes held
partitions, so that start-up does not count. Then members join, leave and are killed under a steady
load, and what came of it must be the same bars again.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from streams.adapters.offsets import Offsets
from streams.apps.bench_scale.cap import CpuCap
from streams.apps.bench_scale.group import POLL, BarsGroup, bars_group
from streams.apps.bench_scale.load import BATCH, Load

STEADY_MEMBERS = 2
_STEADY_SECONDS = 120.0
"""How long a steady load would last; what is left of it when the members settle comes at once."""


class Reporter(Protocol):
    """Hears what is going on."""

    def __call__(self, what: str, done: int, total: int, /) -> None: ...


@dataclass(frozen=True, slots=True)
class Plan:
    """`share` of a core for each process, None: all it can get."""

    processes: tuple[int, ...]
    ticks: int
    partitions: int
    share: float | None
    rebalance: bool


@dataclass(frozen=True, slots=True)
class Run:
    """One number of processes. `digest` is of all final bars; `joined_seconds` of the start."""

    processes: int
    ticks_per_second: float
    seconds: float
    joined_seconds: float
    cores_each: float
    bars: int
    digest: str


@dataclass(frozen=True, slots=True)
class Rebalance:
    """How long until the members had settled and every partition was consumed up to then."""

    what: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Report:
    """What the bench has found."""

    ticks: int
    runs: tuple[Run, ...]
    rebalances: tuple[Rebalance, ...]
    identical: bool


def measure(address: str, prefix: str, home: Path, plan: Plan, report: Reporter) -> Report:
    """Run it all on a Kafka, under a prefix of topics that nobody else uses.

    Raises ServiceError when Kafka or a process gives up.
    """
    load = Load(plan.ticks, plan.partitions)
    runs = []
    for count in plan.processes:
        with _group(address, f"{prefix}{count}-", home, plan) as group:
            runs.append(_run(group, load, count, report))
    digests = {run.digest for run in runs}
    rebalances: list[Rebalance] = []
    if plan.rebalance:
        with _group(address, f"{prefix}steady-", home, plan) as group:
            steady = _Steady(group, load, report)
            rebalances = list(steady.measure())
            digests.add(steady.digest)
    return Report(load.exact_ticks, tuple(runs), tuple(rebalances), len(digests) == 1)


@contextmanager
def _group(address: str, prefix: str, home: Path, plan: Plan) -> Iterator[BarsGroup]:
    with (
        CpuCap(plan.share) as cap,
        bars_group(address, prefix, plan.partitions, home, cap) as group,
    ):
        yield group


def _run(group: BarsGroup, load: Load, count: int, report: Reporter) -> Run:
    what = f"{count} process{'es' if count > 1 else ''}"
    report(f"{what}: filling `ticks`", 0, 0)
    group.send(load.messages())
    ends = group.ends()
    report(f"{what}: starting", 0, 0)
    began = time.monotonic()
    for _ in range(count):
        group.add()
    # Start-up is not capped: two seconds of imports would take eight at a quarter of a core.
    group.wait(lambda: group.joined(1), "a first process in the group")
    group.hold()
    group.wait(lambda: group.sharing(count), f"{count} processes that share the partitions")
    joined = time.monotonic() - began
    group.wait(_moved(group, ends), "every partition moving")
    rate, seconds, cores = _watch(group, ends, lambda done, all_: report(what, done, all_))
    bars, digest = group.bars_digest()
    return Run(count, rate * BATCH, seconds, joined, cores / count, bars, digest)


def _watch(
    group: BarsGroup, ends: Offsets, report: Callable[[int, int], None]
) -> tuple[float, float, float]:
    """Messages a second from now to the end, over how many seconds, and the cores in use."""
    total, cpu = sum(ends.values()), group.cpu_seconds()
    began = time.monotonic()
    first = last = _done(group, ends)
    at = began

    def over() -> bool:
        nonlocal last, at
        done = _done(group, ends)
        if done != last:
            last, at = done, time.monotonic()
        report(done, total)
        return done >= total

    group.wait(over, "all ticks worked off")
    seconds = max(POLL, at - began)
    return (last - first) / seconds, seconds, (group.cpu_seconds() - cpu) / seconds


def _moved(group: BarsGroup, ends: Offsets) -> Callable[[], bool]:
    """Whether each partition has been committed anew since this moment, or is done."""
    before = group.committed(ends)

    def moved() -> bool:
        now = group.committed(ends)
        return all(now[p] > before[p] or now[p] >= end for p, end in ends.items())

    return moved


def _done(group: BarsGroup, ends: Offsets) -> int:
    return sum(group.committed(ends).values())


class _Steady:
    """Two members under a steady load; others join, leave and die."""

    def __init__(self, group: BarsGroup, load: Load, report: Reporter) -> None:
        self._group = group
        self._messages = load.messages()
        self._report = report
        # All partitions get one at a time.
        self._pause = _STEADY_SECONDS / (load.rounds * load.symbols / load.partitions)
        self._width = load.partitions
        self._due = time.monotonic()
        self.digest = ""

    def measure(self) -> Iterator[Rebalance]:
        """The three disturbances, then the rest of the load at once."""
        group = self._group
        for _ in range(STEADY_MEMBERS):
            group.add()
        self._until(lambda: group.sharing(STEADY_MEMBERS), "two processes share the partitions")
        self._until(self._past_now(), "every partition is consumed")
        group.hold()
        newcomer = group.add()
        known = STEADY_MEMBERS + 1
        self._until(lambda: group.joined(known), "a process joins")
        group.hold()
        yield self._timed("a process joins", known)
        group.remove(newcomer)
        yield self._timed("a process leaves (SIGTERM)", STEADY_MEMBERS)
        group.kill(group.members[-1])
        yield self._timed("a process is killed (SIGKILL)", STEADY_MEMBERS - 1)
        self._finish()

    def _timed(self, what: str, members: int) -> Rebalance:
        began = time.monotonic()
        self._until(lambda: self._group.sharing(members), what)
        self._until(self._past_now(), what)
        return Rebalance(what, time.monotonic() - began)

    def _past_now(self) -> Callable[[], bool]:
        """Whether each partition has been committed beyond what is in it at this moment."""
        ends = self._group.ends()

        def past() -> bool:
            done = self._group.committed(ends)
            return all(done[partition] > end for partition, end in ends.items())

        return past

    def _until(self, reached: Callable[[], bool], what: str) -> None:
        def pumped() -> bool:
            self._pump()
            return reached()

        self._report(f"rebalance: {what}", 0, 0)
        self._group.wait(pumped, what)

    def _pump(self) -> None:
        while self._due <= time.monotonic():
            self._due += self._pause
            for _, message in zip(range(self._width), self._messages, strict=False):
                self._group.offer(message)
        self._group.producer.poll(0)

    def _finish(self) -> None:
        self._report("rebalance: the rest of the ticks", 0, 0)
        self._group.send(self._messages)
        ends = self._group.ends()
        total = sum(ends.values())
        self._group.wait(lambda: _done(self._group, ends) >= total, "all ticks worked off")
        _, self.digest = self._group.bars_digest()
