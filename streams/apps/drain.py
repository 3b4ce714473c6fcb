"""Waiting until all that a replay caused is stored and delivered, and counting it.

In the order of the flow: `bars` has committed what was sent, so its outputs are in Kafka; then
`signals`; then `predict` where it runs; then `archive` and `deliver`; then the local broker holds
nothing undelivered. That the tape has settled is an event itself, whose own work is waited for
last.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from streams.adapters.anomaly_messages import is_anomaly
from streams.adapters.broker_status import broker_pending
from streams.adapters.endpoints import database_address, kafka_address
from streams.adapters.messages import decode_dead_letter, decode_report
from streams.adapters.offsets import GroupOffsets, Offsets, TopicReader
from streams.adapters.settings import Settings
from streams.adapters.topics import Topic, Topics
from streams.apps.settled import announce_settled
from streams.domain.errors import ServiceError
from streams.domain.tape_report import TapeReport

_POLL = 0.1
_STALL = 180.0


def _quiet(text: str) -> None:
    """No progress wanted."""


class Drain:
    """Make one before a replay starts, and `wait` when it has sent its last tick."""

    def __init__(
        self,
        settings: Settings,
        progress: Callable[[str], None] = _quiet,
        stop: threading.Event | None = None,
        stall: float = _STALL,
        *,
        predict: bool = False,
    ) -> None:
        """`predict`: that pipeline runs too, and is waited for."""
        self._settings = settings
        self._topics = Topics(settings.topic_prefix)
        self._address = kafka_address(settings)
        self._progress = progress
        self._stop = stop or threading.Event()
        self._stall = stall
        self._predict = predict
        self._reader = TopicReader(self._address)
        self._starts = {
            topic: self._ends(topic) for topic in (Topic.TAPES, Topic.SIGNALS, Topic.DEAD_LETTERS)
        }

    def wait(self, run: str) -> dict[str, Any]:
        """Wait, then count: the second part of a replay's summary; a set `stop` ends the wait.

        Raises ServiceError that names the stage when nothing moves for the stall time.
        """
        return self._summary(self.settle(run))

    def settle(self, run: str) -> Mapping[str, TapeReport]:
        """Wait as `wait` does, then announce it; returns the reports of the run by symbol."""
        for pipeline, topics in self._stages():
            self._wait_for_group(pipeline, topics)
        self._wait_for_broker()
        reports = self._reports(run)
        if not self._stop.is_set():
            self._progress("waiting for scorecards")
            announce_settled(self._settings, run, {"symbols": len(reports)}, self._stop)
        return reports

    def _stages(self) -> Iterator[tuple[str, tuple[Topic, ...]]]:
        """Pipelines in the order of the flow, and the topics that each has to work off."""
        yield "bars", (Topic.TICKS,)
        yield "signals", (Topic.BARS,)
        ticks = (Topic.TICKS,) if self._settings.archive_ticks else ()
        stored: tuple[Topic, ...] = (
            Topic.BARS,
            Topic.INDICATORS,
            Topic.SIGNALS,
            Topic.DEAD_LETTERS,
        )
        if self._predict:
            yield "predict", (Topic.INDICATORS,)
            stored += (Topic.PREDICTIONS,)
        yield "archive", ticks + stored
        yield "deliver", (Topic.SIGNALS,)

    def _ends(self, topic: Topic) -> Offsets:
        return self._reader.ends(self._topics.name(topic))

    def _wait_for_group(self, pipeline: str, topics: Iterable[Topic]) -> None:
        offsets = GroupOffsets(self._address, self._topics.group(pipeline))
        ends = {topic: self._ends(topic) for topic in topics}
        hint = f"is `tapedeck run {pipeline}` running?"

        def left() -> int:
            return sum(
                max(0, end - done[partition])
                for topic, of_topic in ends.items()
                for done in [offsets.committed(self._topics.name(topic), of_topic)]
                for partition, end in of_topic.items()
            )

        self._wait(f"run {pipeline}", left, hint)
        offsets.close()

    def _wait_for_broker(self) -> None:
        self._wait(
            "notifications",
            lambda: broker_pending(self._settings),
            "is `tapedeck serve` running, and can its functions start?",
        )

    def _wait(self, stage: str, left: Callable[[], int], hint: str) -> None:
        moved, before = time.monotonic(), None
        while True:
            try:
                now = left()
            except ServiceError as error:  # an outage is waited out like a slow stage
                now, hint = -1, str(error)
            if now == 0 or self._stop.wait(_POLL):
                return
            if now != before:
                moved, before = time.monotonic(), now
            if time.monotonic() - moved > self._stall:
                raise ServiceError(
                    f"wait: {stage} did not move for {self._stall:g} s, {now} left: {hint}"
                )
            self._progress(f"waiting for {stage}" + (f": {now} messages left" if now > 0 else ""))

    def _reports(self, run: str) -> dict[str, TapeReport]:
        """By symbol."""
        found = (decode_report(message.value()) for message in self._stretch(Topic.TAPES))
        return {report.symbol: report for report in found if report.run == run}

    def _summary(self, reports: Mapping[str, TapeReport]) -> dict[str, Any]:
        bars: Counter[str] = Counter()
        for report in reports.values():
            bars.update(report.bars)
        kinds: dict[bool, dict[str, str]] = {True: {}, False: {}}
        for message in self._stretch(Topic.SIGNALS):
            if _header(message, "ce_symbol") in reports:  # others may replay at the same time
                of_type = kinds[is_anomaly(message.headers())]
                of_type[_header(message, "ce_id")] = _header(message, "ce_kind")
        letters = {
            decode_dead_letter(message.value(), message.headers()).id
            for message in self._stretch(Topic.DEAD_LETTERS)
        }
        return {
            "bars": {name: bars[name] for name in self._settings.interval_lengths},
            "ticks_late": sum(report.late for report in reports.values()),
            "ticks_duplicate": sum(report.duplicate for report in reports.values()),
            "signals": dict(Counter(kinds[False].values())),
            "anomalies": dict(Counter(kinds[True].values())),
            "notifications": self._notifications([*kinds[False], *kinds[True]]),
            "dead_letters": len(letters),
        }

    def _stretch(self, topic: Topic) -> Iterable[Any]:
        return self._reader.read(self._topics.name(topic), self._starts[topic], self._ends(topic))

    def _notifications(self, ids: list[str]) -> dict[str, int]:
        from streams.adapters.database import notification_counts

        return notification_counts(database_address(self._settings), ids)


def _header(message: Any, name: str) -> str:
    headers: dict[str, bytes] = dict(message.headers() or [])
    return headers.get(name, b"").decode("utf-8", "replace")
