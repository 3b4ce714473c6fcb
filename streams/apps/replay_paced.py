"""A tape played at a multiple of real time: ticks on the clock, heartbeats at the ends of bars."""

import threading

import numpy as np

from streams.adapters.tape.chunk import Ticks
from streams.adapters.tape.rows import Ints
from streams.adapters.tape.tape import Tape
from streams.apps.open_bars import NEVER
from streams.apps.replay_pace import Forecast, Pace, coming_after, forecast, lap_ms
from streams.apps.replay_sender import Sender


def play_paced(tape: Tape, sender: Sender, speed: float, loop: bool, stop: threading.Event) -> None:
    """Read the tape once to know what is to come, then send it on its clock, lap after lap."""
    ahead = forecast((chunk.ticks for chunk in tape.chunks()), loop)
    if ahead is None:
        for chunk in tape.chunks():
            sender.rows(chunk)
        return
    pace = Pace(speed, (ahead.first, ahead.last), stop)
    shift = 0
    while True:
        _lap(tape, sender, ahead, pace, shift, stop)
        if not loop or stop.is_set():
            return
        shift += lap_ms(ahead.first, ahead.last)
        sender.start_lap(sender.lap + 1)


def _lap(
    tape: Tape, sender: Sender, ahead: Forecast, pace: Pace, shift: int, stop: threading.Event
) -> None:
    coming = _shifted(ahead.smallest, shift)
    for chunk, (codes, later) in zip(tape.chunks(), ahead.after, strict=True):
        sender.rows(chunk)
        after = coming_after(chunk.ticks, codes, later)
        _play(chunk.ticks.shifted(shift), sender, pace, coming, _shifted(after, shift), stop)
        if stop.is_set():
            return


def _play(
    ticks: Ticks, sender: Sender, pace: Pace, coming: Ints, after: Ints, stop: threading.Event
) -> None:
    """Send a chunk slice by slice; `coming` is kept true for what was sent."""
    done = 0
    while done < len(ticks) and not stop.is_set():
        now = pace.now()
        end = int(np.searchsorted(ticks.key, now, side="right"))
        if end > done:
            sender.ticks(ticks.take(slice(done, end)))
            coming[ticks.code[done:end]] = after[done:end]
            done = end
        sender.heartbeats(now, coming)
        sender.progress(pace.share())
        if done < len(ticks):
            pace.wait_for(int(ticks.key[done]))


def _shifted(values: Ints, ms: int) -> Ints:
    return np.where(values == NEVER, NEVER, values + ms)
