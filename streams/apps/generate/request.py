"""What a synthetic market is asked for, and what came of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from streams.adapters.synthetic.plan import MarketPlan

KAFKA = "kafka"


@dataclass(frozen=True, slots=True)
class GenerateRequest:
    """`speed` is a multiple of real time, None as fast as it goes; `duration_ms` None: for ever.

    A `tape` begins at a time that was asked for: its ticks carry their source, so that the same
    market again changes nothing, and its bars close at its `end`.
    """

    plan: MarketPlan
    to: str = KAFKA
    duration_ms: int | None = None
    speed: float | None = 1.0
    tape: bool = False
    end: bool = True
    labels: str | None = None
    quotes: str | None = None
    context: str | None = None

    @property
    def end_ms(self) -> int | None:
        """When the market is over, in its own time."""
        return None if self.duration_ms is None else self.plan.start_ms + self.duration_ms


@dataclass(frozen=True, slots=True)
class GenerateProgress:
    """Ticks and context events sent, those that were refused, and how far behind the clock (ms)."""

    ticks: int
    context: int
    failed: int
    behind_ms: int
    share: float | None
    """Of the duration; None when there is none."""


Report = Callable[[GenerateProgress], None]


@dataclass(frozen=True, slots=True)
class GenerateResult:
    """What was sent. `run` names it to those who wait for its reports."""

    run: str
    request: GenerateRequest
    ticks: int
    context: int
    labels: int
    failed: int
    symbols: int
    last_ms: int | None
    seconds: float
    interrupted: bool

    def summary(self) -> dict[str, Any]:
        """By the names that programs read."""
        plan = self.request.plan
        return {
            "run": self.run,
            "to": self.request.to,
            "seed": plan.seed,
            "symbols": self.symbols,
            "ticks": self.ticks,
            "context": self.context,
            "anomalies": self.labels,
            "failed": self.failed,
            "start_ms": plan.start_ms,
            "last_ms": self.last_ms,
            "seconds": round(self.seconds, 3),
            "ticks_per_second": round(self.ticks / self.seconds) if self.seconds else 0,
            "interrupted": self.interrupted,
        }
