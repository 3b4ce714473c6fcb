"""A tape played at a multiple of real time: ticks on the clock, heartbeats at the ends of bars."""

import threading
from dataclasses import dataclass

import numpy as np

from streams.adapters.replay_control import FASTEST, SLOWEST, ReplayPost
from streams.adapters.tape.chunk import Ticks
from streams.adapters.tape.rows import Ints
from streams.adapters.tape.tape import Tape
from streams.apps.open_bars import NEVER
from streams.apps.replay.pace import Forecast, Pace, coming_after, forecast, lap_ms
from streams.apps.replay.sender import Sender


def play_paced(
    tape: Tape, sender: Sender, speed: float, loop: bool, stop: threading.Event, post: ReplayPost
) -> None:
    """Read the tape once to know what is to come, then send it on its clock, lap after lap.

    On the way `post` says where it is, and may bring another speed or a pause.
    """
    ahead = forecast((chunk.ticks for chunk in tape.chunks()), loop)
    if ahead is None:
        for chunk in tape.chunks():
            sender.rows(chunk)
        return
    deck = Deck(Pace(speed, (ahead.first, ahead.last), stop), post, stop)
    shift = 0
    try:
        while True:
            _lap(tape, sender, ahead, deck, shift)
            if not loop or stop.is_set():
                return
            shift += lap_ms(ahead.first, ahead.last)
            sender.start_lap(sender.lap + 1)
    finally:
        post.close()


@dataclass(frozen=True, slots=True)
class Deck:
    """What plays a lap: the clock, the controls, and the end that is asked for."""

    pace: Pace
    post: ReplayPost
    stop: threading.Event

    def heed(self, lap: int) -> None:
        """Tell where the tape is and do what is wished for."""
        pace = self.pace
        wish = self.post.exchange(pace.speed, pace.paused, pace.now(), pace.span, lap)
        if wish is not None:
            speed = None if wish.speed is None else min(max(wish.speed, SLOWEST), FASTEST)
            pace.set(speed, wish.paused)
            self.post.tell_soon()


def _lap(tape: Tape, sender: Sender, ahead: Forecast, deck: Deck, shift: int) -> None:
    coming = _shifted(ahead.smallest, shift)
    for chunk, (codes, later) in zip(tape.chunks(), ahead.after, strict=True):
        sender.rows(chunk)
        after = coming_after(chunk.ticks, codes, later)
        _play(chunk.ticks.shifted(shift), sender, deck, coming, _shifted(after, shift))
        if deck.stop.is_set():
            return


def _play(ticks: Ticks, sender: Sender, deck: Deck, coming: Ints, after: Ints) -> None:
    """Send a chunk slice by slice; `coming` is kept true for what was sent."""
    pace, done = deck.pace, 0
    while done < len(ticks) and not deck.stop.is_set():
        deck.heed(sender.lap)
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
