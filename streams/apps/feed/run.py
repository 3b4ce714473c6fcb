"""Live market data of a provider into the `ticks` topic, and its news into `context`."""

import asyncio
import signal
import threading
import time
from collections.abc import Coroutine
from typing import Any

from streams.adapters.feeds.catalogue import PROVIDERS, Entry
from streams.adapters.feeds.limiter import Limiter
from streams.adapters.feeds.recording import Recording
from streams.adapters.metrics import Metrics
from streams.adapters.settings import Settings
from streams.apps.feed.intake import Intake, Sentiment, Sink
from streams.apps.feed.metrics import FeedMetrics
from streams.apps.feed.patience import Patience
from streams.apps.feed.poll import Asker, follow_news, poll
from streams.apps.feed.request import FeedRequest, FeedResult, Report
from streams.apps.feed.socket import stream
from streams.apps.live_sink import LiveSink
from streams.domain.context_event import ContextEvent
from streams.domain.dead_letter import DeadLetter

_FLUSH_S = 0.01
_LOOK_S = 0.5
_Source = Coroutine[Any, Any, None]


class _Nowhere:
    """Takes everything, keeps nothing (`--dry-run`)."""

    def ticks(self, symbol: str, value: bytes) -> None: ...

    def context(self, event: ContextEvent) -> None: ...

    def reject(self, letter: DeadLetter) -> None: ...

    def finish(self) -> bool:
        return True


def feed(
    settings: Settings,
    request: FeedRequest,
    report: Report,
    stop: threading.Event | None = None,
    metrics: Metrics | None = None,
    sink: Sink | None = None,
) -> FeedResult:
    """Follow a provider until the limit, the duration, a set `stop`, SIGTERM or Ctrl-C.

    Returns when Kafka, or the `sink` instead of it, has stored everything. Raises ServiceError
    when Kafka is not there, or the provider refuses us or never answers.
    """
    began, stop = time.monotonic(), stop or threading.Event()
    if sink is None:
        sink = _Nowhere() if request.dry_run else LiveSink(settings, threading.Event())
    candles = request.interval is not None
    recording = Recording(request.record, candles=candles) if request.record else None
    intake = Intake(request, sink, recording, FeedMetrics(metrics or Metrics(), request.provider))
    try:
        asyncio.run(_follow(request, intake, report, stop))
    finally:
        intake.flush()
        if recording is not None:
            recording.close()
    sink.finish()
    seconds = time.monotonic() - began
    return FeedResult(request, intake.counts, tuple(sorted(intake.symbols)), seconds, stop.is_set())


async def _follow(
    request: FeedRequest, intake: Intake, report: Report, stop: threading.Event
) -> None:
    """Run the sources beside the clock that sends what they gather."""
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    askers: list[Asker] = []
    tasks = [asyncio.create_task(source) for source in _sources(request, intake, askers)]
    try:
        await _beat(request, intake, report, stop, tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)  # what they raised was raised
        for asker in askers:
            await asker.close()


def _sources(request: FeedRequest, intake: Intake, askers: list[Asker]) -> list[_Source]:
    """What is listened to; askers are added to the list, to be closed."""
    entry, name = PROVIDERS[request.provider], request.provider
    limiter = Limiter(request.limits, time.monotonic)
    found: list[_Source] = []
    if request.mode == "socket":
        found.append(_socket(entry, request, intake))
    elif entry.poll is not None:
        provider = entry.poll(request.interval)
        patience = Patience(name, request.access, intake)
        askers.append(Asker(request.access, provider.authorised, limiter, patience))
        found.append(poll(request, provider, askers[-1], intake))
    if request.news is not None and entry.news is not None:
        news = entry.news()
        patience = Patience(f"{name} news", request.news, intake, beside=True)
        askers.append(Asker(request.news, news.authorised, limiter, patience))
        found.append(follow_news(request, news, askers[-1], intake, _sentiment()))
    return found


def _socket(entry: Entry, request: FeedRequest, intake: Intake) -> _Source:
    assert entry.socket is not None  # noqa: S101  # the mode is one of the entry's
    provider = entry.socket(request.access, request.symbols)
    patience = Patience(request.provider, request.access, intake)
    return stream(provider, intake, patience)


def _sentiment() -> Sentiment:
    """The lexicon is read when news is asked for, and not before."""
    from streams.adapters.sentiment import sentiment

    return sentiment


async def _beat(
    request: FeedRequest,
    intake: Intake,
    report: Report,
    stop: threading.Event,
    tasks: list[asyncio.Task[None]],
) -> None:
    """Send what was gathered every few ms; returns at the end of what was asked for.

    Raises what a source has raised.
    """
    began = looked = time.monotonic()
    while not (stop.is_set() or intake.full()):
        now = time.monotonic()
        if request.duration_s is not None and now - began >= request.duration_s:
            return
        for task in tasks:
            if task.done():
                task.result()
        intake.flush()
        if now - looked >= _LOOK_S:
            looked = now
            intake.look()
        report(intake.counts)
        await asyncio.sleep(_FLUSH_S)
