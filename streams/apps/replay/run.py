"""Replay files into the `ticks` topic: as fast as it goes, or at a multiple of real time."""

import threading
import time
import uuid
from pathlib import Path

from streams.adapters.replay_control import ReplayPost
from streams.adapters.settings import Settings
from streams.adapters.tape.chunk import Ticks, joined
from streams.adapters.tape.tape import Tape, open_tape
from streams.apps.open_bars import OpenBars
from streams.apps.replay.pace import lap_ms
from streams.apps.replay.paced import play_paced
from streams.apps.replay.request import Progress, ReplayRequest, ReplayResult, Report
from streams.apps.replay.sender import Sender
from streams.apps.replay.sink import DrySink, KafkaSink, Sink

_GATHER_TICKS = 300_000  # the more ticks are regrouped at once, the longer are the batches


def _unseen(progress: Progress) -> None:
    """Nobody watches."""


def replay(
    settings: Settings,
    request: ReplayRequest,
    report: Report = _unseen,
    stop: threading.Event | None = None,
) -> ReplayResult:
    """Replay the files of a request and return what became of their rows.

    Returns when Kafka has stored everything. A set `stop` or Ctrl-C ends it as if killed, without
    marks: run again it leaves no trace of the interruption. Raises InputError or ConfigError when
    a file cannot be read as it is, ServiceError when Kafka does not take the messages.
    """
    began = time.monotonic()
    stop = stop or threading.Event()
    with open_tape(list(request.files), request.read, request.pick, request.limit) as tape:
        sink: Sink = DrySink() if request.dry_run else KafkaSink(settings, stop)
        bars = OpenBars(settings.interval_lengths.values(), settings.grace_ms)
        sender = Sender(tape, sink, uuid.uuid4().hex, bars, report)
        names = tuple(Path(file).name for file in request.files)
        post = ReplayPost(None if request.dry_run else settings.home, sender.run, names)
        sent = _sent(tape, sender, request, stop, post)
        if not sent:
            stop.set()  # Ctrl-C does not wait for a Kafka that is away
        interrupted = not (sink.finish() and sent)
        return _result(sender, tape.empty, time.monotonic() - began, interrupted)


def _result(
    sender: Sender, empty: tuple[str, ...], seconds: float, interrupted: bool
) -> ReplayResult:
    return ReplayResult(
        sender.run,
        sender.counts,
        sender.symbols(),
        sender.first,
        sender.last,
        seconds,
        sender.sent,
        empty,
        interrupted,
    )


def _sent(
    tape: Tape, sender: Sender, request: ReplayRequest, stop: threading.Event, post: ReplayPost
) -> bool:
    """Send everything, marks included; False when it was stopped before."""
    try:
        if request.speed is None:
            _at_full_speed(tape, sender, request.loop, stop)
        else:
            play_paced(tape, sender, request.speed, request.loop, stop, post)
        if stop.is_set():
            return False
        sender.finish(request.end)
        sender.progress()
    except KeyboardInterrupt:
        return False
    return True


def _at_full_speed(tape: Tape, sender: Sender, loop: bool, stop: threading.Event) -> None:
    shift = 0
    while True:
        held: list[Ticks] = []
        for chunk in tape.chunks():
            if stop.is_set():
                return
            sender.rows(chunk)
            held.append(chunk.ticks)
            if sum(map(len, held)) >= _GATHER_TICKS:
                sender.ticks(joined(held).shifted(shift))
                held = []
            sender.progress()
        if held:
            sender.ticks(joined(held).shifted(shift))
        if not loop or sender.first is None or sender.last is None or stop.is_set():
            return
        if sender.lap == 0:
            lap = lap_ms(sender.first, sender.last)
        shift += lap
        sender.start_lap(sender.lap + 1)
