"""What a provider says becomes ticks, dead letters and counts: nothing is lost without one.

heard -> duplicate? -> a tick at all? -> gathered by symbol -> every few ms: Kafka, recording
"""

import logging
import time
from collections.abc import Callable
from typing import Protocol

import orjson
import xxhash

from streams.adapters.feeds.event import Bad, Heard, Story, Trade
from streams.adapters.feeds.gathering import Gathered, trade_fault
from streams.adapters.feeds.recording import Recording
from streams.adapters.feeds.tracker import Tracker
from streams.adapters.messages import encode_ticks
from streams.apps.feed.metrics import FeedMetrics
from streams.apps.feed.request import FeedCounts, FeedRequest
from streams.domain.context_event import ContextEvent, ContextKind
from streams.domain.dead_letter import DeadLetter

logger = logging.getLogger(__name__)

_AHEAD_MS = 86_400_000
_LOG_EVERY_S = 1.0
Sentiment = Callable[[str], tuple[float, float]]


class Sink(Protocol):
    """Takes what a feed sends."""

    def ticks(self, symbol: str, value: bytes) -> None: ...

    def context(self, event: ContextEvent) -> None: ...

    def reject(self, letter: DeadLetter) -> None: ...

    def finish(self) -> bool:
        """True when everything is stored; raises ServiceError when something cannot be."""


class Intake:
    """All that one feed has heard; for one thread."""

    def __init__(
        self, request: FeedRequest, sink: Sink, recording: Recording | None, metrics: FeedMetrics
    ) -> None:
        self.counts = FeedCounts()
        self.symbols: set[str] = set()
        self._request, self._sink = request, sink
        self._recording, self._metrics = recording, metrics
        self._tracker, self._stories = Tracker(), Tracker()
        self._gathered = Gathered(dict(request.names))
        self._heard_at = time.monotonic()
        self._silent = False
        self._told = (0, 0.0)

    def full(self) -> bool:
        """Whether as many ticks as were asked for are there."""
        limit = self._request.limit
        return limit is not None and self.counts.ticks >= limit

    def hear(self, heard: Heard) -> None:
        """Take everything that one message said; what comes after the limit is left unheard."""
        if self.full():
            return
        self._speak()
        counts, hide = self.counts, self._request.access.hide
        counts.messages += 1
        latest = time.time_ns() // 1_000_000 + _AHEAD_MS
        for trade in heard.trades:
            if self.full():
                break
            self._take(trade, latest)
        for bad in heard.bad:
            self.reject(bad)
        counts.events += heard.ignored
        counts.ignored += heard.ignored
        for words in heard.said:
            logger.info("provider=%s said=%s", self._request.provider, hide(words))

    def reject(self, bad: Bad) -> None:
        """A dead letter, known by its bytes."""
        self.counts.events += 1
        self.counts.rejected += 1
        provider = self._request.provider
        told = f"{provider}/{bad.reason}/".encode() + bad.raw
        self._sink.reject(
            DeadLetter(
                f"feed/{xxhash.xxh3_128_hexdigest(told)}",
                "feed",
                bad.reason,
                bad.detail,
                provider,
                self.counts.messages,
                bad.raw,
            )
        )

    def hear_news(self, stories: list[Story], sentiment: Sentiment) -> None:
        """Each new story becomes a context event of each symbol that it is about and we follow."""
        for story in stories:
            if self._stories.seen(Trade("", story.ts, 1.0, id=story.id))[0]:
                continue
            self.counts.stories += 1
            score, magnitude = sentiment(story.title)
            for symbol in story.symbols:
                if symbol in self._request.symbols:
                    self._sink.context(
                        ContextEvent(
                            self._request.names.get(symbol, symbol),
                            story.ts,
                            ContextKind.NEWS_SENTIMENT,
                            sentiment_score=score,
                            sentiment_magnitude=magnitude,
                        )
                    )

    def flush(self) -> None:
        """Send what was gathered, one message a symbol, and tell the metrics."""
        self._metrics.follow(self.counts)
        if not self._gathered.count:
            return
        for batch in self._gathered.batches():
            self._sink.ticks(batch.symbol, encode_ticks(batch))
            self.counts.batches += 1
            if self._recording is not None:
                self._recording.add(batch)

    def connected(self, now: bool) -> None:
        """The connection is there, or lost."""
        self.counts.connected = now
        self._metrics.connected(now)

    def failed(self, why: str, wait_s: float) -> None:
        """A connection or request failed and is made again after a while."""
        self.counts.reconnects += 1
        logger.warning("provider=%s again_in=%.1fs why=%s", self._request.provider, wait_s, why)

    def look(self) -> None:
        """Now and then: note a silence, and tell of holes, at most once a second."""
        now = time.monotonic()
        if not self._silent and now - self._heard_at > self._request.silence_s:
            self._silent = True
            self.counts.gaps += 1
            logger.warning(
                "provider=%s silent_for=%.0fs", self._request.provider, now - self._heard_at
            )
        missing, at = self._told
        if self.counts.missing != missing and now - at > _LOG_EVERY_S:
            self._told = self.counts.missing, now
            logger.warning(
                "provider=%s missing_trades=%s gaps=%s",
                self._request.provider,
                self.counts.missing - missing,
                self.counts.gaps,
            )
        if self._recording is not None:
            self._recording.flush()

    def _take(self, trade: Trade, latest: int) -> None:
        counts = self.counts
        duplicate, hole = self._tracker.seen(trade)
        if hole is not None:
            self.counts.gaps += 1
            counts.missing += hole.missing
        if duplicate:
            counts.events += 1
            counts.duplicates += 1
            return
        fault = trade_fault(trade, latest)
        if fault is not None:
            self.reject(Bad(*fault, orjson.dumps(trade)))
            return
        counts.events += 1
        counts.ticks += 1
        counts.last_ts = trade.ts if counts.last_ts is None else max(counts.last_ts, trade.ts)
        self.symbols.add(self._gathered.add(trade))

    def _speak(self) -> None:
        if self._silent:
            logger.info(
                "provider=%s heard_again_after=%.0fs",
                self._request.provider,
                time.monotonic() - self._heard_at,
            )
        self._heard_at, self._silent = time.monotonic(), False
