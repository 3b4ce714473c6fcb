"""Replay at a multiple of real time: the clock, and what each symbol has still to come."""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from streams.adapters.tape.chunk import Ticks
from streams.adapters.tape.grouping import order_by_code
from streams.adapters.tape.rows import Codes, Ints
from streams.adapters.tape.times import DAY_MS
from streams.apps.open_bars import NEVER

SLICE_SECONDS = 0.05
_LONGEST_WAIT = 0.5  # so that a stop or an interrupt is noticed soon


class Pace:
    """A tape's clock that runs `speed` times as fast as the wall's, from its first tick on."""

    def __init__(self, speed: float, span: tuple[int, int], stop: threading.Event) -> None:
        self.speed = speed
        self.paused = False
        self.span = span
        self._stop = stop
        self._from = span[0]
        self._began = time.monotonic()

    def now(self) -> int:
        """The tape's clock in epoch ms."""
        if self.paused:
            return self._from
        return self._from + int((time.monotonic() - self._began) * 1_000 * self.speed)

    def set(self, speed: float | None, paused: bool | None) -> None:
        """Go on from here at another speed, or stand still; None leaves it as it is."""
        self._from, self._began = self.now(), time.monotonic()
        self.speed = speed or self.speed
        self.paused = self.paused if paused is None else paused

    def share(self) -> float:
        """How much of the first lap's span is over, at most 1."""
        first, last = self.span
        return min(1.0, (self.now() - first) / max(1, last - first))

    def wait_for(self, clock: int) -> None:
        """Wait for the clock, at least one slice and at most half a second."""
        seconds = (clock - self.now()) / (1_000 * self.speed)
        self._stop.wait(min(max(seconds, SLICE_SECONDS), _LONGEST_WAIT))


@dataclass(frozen=True, slots=True)
class Forecast:
    """From a first pass: the tape's span and, chunk by chunk, what its symbols have to come.

    `after[i]` are (symbols in chunk i, the smallest time of each in all later chunks).
    """

    first: int
    last: int
    smallest: Ints
    after: list[tuple[Codes, Ints]]


def forecast(parts: Iterable[Ticks], loop: bool = False) -> Forecast | None:
    """Read a tape once; None when it has no tick. In a loop the next lap is to come as well."""
    mins: list[tuple[Codes, Ints]] = []
    first, last = NEVER, -1
    for ticks in parts:
        codes, where = np.unique(ticks.code, return_inverse=True)
        smallest = np.full(len(codes), NEVER)
        np.minimum.at(smallest, where, ticks.ts)
        mins.append((codes, smallest))
        if len(ticks):
            first, last = min(first, int(ticks.ts.min())), max(last, int(ticks.ts.max()))
    if last < 0:
        return None
    coming = np.full(1 + max(int(codes.max()) for codes, _ in mins if len(codes)), NEVER)
    if loop:
        for codes, smallest in mins:
            coming[codes] = np.minimum(coming[codes], smallest + lap_ms(first, last))
    after: list[tuple[Codes, Ints]] = []
    for codes, smallest in reversed(mins):
        after.append((codes, coming[codes]))
        coming[codes] = np.minimum(coming[codes], smallest)
    return Forecast(first, last, coming, after[::-1])


def lap_ms(first: int, last: int) -> int:
    """By how much a lap is shifted against the one before: whole days, so that hours stay."""
    return (last // DAY_MS - first // DAY_MS + 1) * DAY_MS


def coming_after(ticks: Ticks, codes: Codes, later: Ints) -> Ints:
    """For each tick the smallest time of its symbol after it; `later` is that after the chunk."""
    if not len(ticks):
        return ticks.ts
    order = order_by_code(ticks.code)
    group = np.searchsorted(codes, ticks.code[order])
    ts = ticks.ts[order]
    following = np.append(ts[1:], NEVER)
    ends = np.append(group[1:] != group[:-1], True)
    following[ends] = later[group[ends]]
    # One running minimum from the right serves all groups: each is lifted above the one before it.
    lift = group * np.int64(1 << 44)
    capped = np.minimum(following, (1 << 44) - 1)
    running = np.minimum.accumulate((capped + lift)[::-1])[::-1] - lift
    coming = np.empty(len(ts), np.int64)
    coming[order] = np.where(running >= (1 << 44) - 1, NEVER, running)
    return coming
