"""Make a synthetic market and send it: on the clock, or as fast as it goes."""

import time
import uuid
from contextlib import closing
from dataclasses import replace
from threading import Event

from streams.adapters.settings import Settings
from streams.adapters.synthetic.block import Block
from streams.adapters.synthetic.files import SideFiles
from streams.adapters.synthetic.market import Market
from streams.adapters.synthetic.plan import MarketPlan
from streams.apps.generate.http import HttpTarget
from streams.apps.generate.request import (
    KAFKA,
    GenerateProgress,
    GenerateRequest,
    GenerateResult,
    Report,
)
from streams.apps.generate.target import FileTarget, KafkaTarget, Target, now_ms, slices
from streams.domain.context_event import ContextEvent

_LONGEST_WAIT = 0.5  # so that a stop or an interrupt is noticed soon
_STEP_MS = (10, 100)
_MESSAGES = 10_000
"""A second, which is what costs: at higher rates each step is long enough for no more."""


def generate(
    settings: Settings, request: GenerateRequest, report: Report, stop: Event | None = None
) -> GenerateResult:
    """Send a market until its end, a set `stop` or Ctrl-C.

    Raises ServiceError when Kafka or the URL is not there or a file cannot be written,
    ConfigError when the target is none.
    """
    stop, name = stop or Event(), uuid.uuid4().hex
    with (
        closing(_target(settings, request, name, stop)) as target,
        closing(_files(request)) as files,
    ):
        run = _Run(name, _starting_now(request), report, stop)
        over = False
        try:
            over = run.play(target, files)
        except KeyboardInterrupt:
            stop.set()
        stored = target.finish(run.last_ms if over and request.end else None)
        return run.result(target.failed, interrupted=not (over and stored))


def _starting_now(request: GenerateRequest) -> GenerateRequest:
    """A market on the clock begins when everything is there to take it, not when it was typed."""
    if request.tape:
        return request
    return replace(request, plan=replace(request.plan, start_ms=now_ms()))


def _target(settings: Settings, request: GenerateRequest, run: str, stop: Event) -> Target:
    if request.to == KAFKA:
        return KafkaTarget(settings, request.plan, run if request.tape else None, stop)
    if request.to.startswith(("http://", "https://")):
        key = settings.ingest_api_key
        secret = key.get_secret_value() if key else None
        return HttpTarget(request.to, request.plan, stop, secret)
    return FileTarget(request.to, request.plan)


def _files(request: GenerateRequest) -> SideFiles:
    return SideFiles(request.plan.symbols, request.labels, request.quotes, request.context)


class _Run:
    """One pass over a market, and its counts."""

    def __init__(self, name: str, request: GenerateRequest, report: Report, stop: Event) -> None:
        self._name = name
        self.last_ms: int | None = None
        self._request, self._report, self._stop = request, report, stop
        self._ticks = self._context = self._labels = 0
        self._seen: set[int] = set()
        self._began = time.monotonic()
        self._step_ms = max(1, int(_step_ms(request.plan) * (request.speed or 1)))

    def play(self, target: Target, files: SideFiles) -> bool:
        """True when the market came to its end."""
        self._tell(target, self._request.plan.start_ms)
        for block in Market(self._request.plan).blocks(self._request.end_ms):
            if self._stop.is_set():
                return False
            files.write(block)
            if not self._send(target, block):
                return False
        return True

    def result(self, failed: int, *, interrupted: bool) -> GenerateResult:
        seconds = time.monotonic() - self._began
        return GenerateResult(
            self._name,
            self._request,
            self._ticks,
            self._context,
            self._labels,
            failed,
            len(self._seen),
            self.last_ms,
            seconds,
            interrupted,
        )

    def _send(self, target: Target, block: Block) -> bool:
        """A block at once, or on the clock; False when a stop came first.

        On the clock a step goes with the next one while it is behind, so that a target which takes
        long for each message, as HTTP does, gets fewer and larger ones and catches up.
        """
        waiting, sent = list(block.context), 0
        if self._request.speed is None:
            self._pass_on(target, block, slice(0, len(block)))
        else:
            for at, rows in slices(block, self._step_ms):
                if not self._wait_for(at, target):
                    return False
                if at < block.end_ms and self._left(at + self._step_ms) < 0:
                    continue
                self._pass_on(target, block, slice(sent, rows.stop))
                sent = rows.stop
                upto = next((n for n, e in enumerate(waiting) if e.ts >= at), len(waiting))
                self._add_context(target, waiting[:upto])
                waiting = waiting[upto:]
        self._add_context(target, waiting)
        self._labels += len(block.labels)
        self._tell(target, block.end_ms)
        return True

    def _pass_on(self, target: Target, block: Block, rows: slice) -> None:
        if rows.start == rows.stop:
            return
        target.ticks(block, rows)
        self._ticks += rows.stop - rows.start
        self._seen.update(block.code[rows].tolist())
        self.last_ms = max(self.last_ms or 0, int(block.ts[rows].max()))

    def _add_context(self, target: Target, events: list[ContextEvent]) -> None:
        if events:
            target.context(events)
            self._context += len(events)

    def _wait_for(self, at: int, target: Target) -> bool:
        """Until the market's clock has passed a step; False when a stop came first."""
        while (left := self._left(at)) > 0:
            if self._stop.wait(min(left, _LONGEST_WAIT)):
                return False
            self._tell(target, at)
        return not self._stop.is_set()

    def _left(self, at: int) -> float:
        """Seconds until the market's clock shows `at`, negative when it has passed."""
        since = (at - self._request.plan.start_ms) / 1_000 / (self._request.speed or 1)
        return self._began + since - time.monotonic()

    def _tell(self, target: Target, clock: int) -> None:
        plan, speed = self._request.plan, self._request.speed
        since = clock - plan.start_ms
        behind = 0
        if speed is not None:
            behind = int((time.monotonic() - self._began) * 1_000 * speed) - since
        length = self._request.duration_ms
        share = None if length is None else min(1.0, since / max(1, length))
        self._report(
            GenerateProgress(self._ticks, self._context, target.failed, max(0, behind), share)
        )


def _step_ms(plan: MarketPlan) -> int:
    """How long ticks are gathered, by the wall's clock."""
    if plan.rate <= _MESSAGES:
        return _STEP_MS[0]
    return min(max(1_000 * len(plan.symbols) // _MESSAGES, _STEP_MS[0]), _STEP_MS[1])
