"""What a feed is asked for, and what came of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from streams.adapters.feeds.catalogue import Limits, Mode
from streams.adapters.feeds.provider import Access


@dataclass(frozen=True, slots=True)
class FeedRequest:
    """`symbols` are the provider's; `names` maps some of them to ours.

    `every_s` is the time between two rounds of polling, `silence_s` that without a message which
    counts as a gap; `limit` is a number of ticks. With `dry_run` nothing is sent to Kafka.
    """

    provider: str
    mode: Mode
    access: Access
    symbols: tuple[str, ...]
    names: Mapping[str, str] = field(default_factory=dict)
    news: Access | None = None
    interval: str | None = None
    every_s: float = 60.0
    news_every_s: float = 300.0
    limits: Limits = ()
    silence_s: float = 30.0
    limit: int | None = None
    duration_s: float | None = None
    record: Path | None = None
    dry_run: bool = False


@dataclass(slots=True)
class FeedCounts:
    """events == ticks + duplicates + rejected + ignored, always.

    `gaps` are holes in the sequence of a symbol's trades, in all of which `missing` trades are
    missing, and silences; `reconnects` are connections or requests that failed and were made again.
    """

    messages: int = 0
    events: int = 0
    ticks: int = 0
    duplicates: int = 0
    rejected: int = 0
    ignored: int = 0
    gaps: int = 0
    missing: int = 0
    reconnects: int = 0
    requests: int = 0
    stories: int = 0
    batches: int = 0
    last_ts: int | None = None
    connected: bool = False


Report = Callable[[FeedCounts], None]


@dataclass(frozen=True, slots=True)
class FeedResult:
    """What came of a feed."""

    request: FeedRequest
    counts: FeedCounts
    symbols: tuple[str, ...]
    seconds: float
    interrupted: bool

    def summary(self) -> dict[str, Any]:
        """By the names that programs read."""
        counts = self.counts
        told = {
            name: getattr(counts, name)
            for name in FeedCounts.__slots__
            if name not in ("last_ts", "connected")
        }
        return {
            "provider": self.request.provider,
            "mode": self.request.mode,
            **told,
            "symbols": list(self.symbols),
            "last_ts_ms": counts.last_ts,
            "seconds": round(self.seconds, 3),
            "ticks_per_second": round(counts.ticks / self.seconds, 1) if self.seconds else 0.0,
            "interrupted": self.interrupted,
        }
