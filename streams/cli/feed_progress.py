"""How a feed shows itself: one live line on a terminal, a line now and then elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from streams.apps.feed.request import FeedCounts, FeedRequest

_LINE_EVERY = 10.0
_LIVE_EVERY = 0.2


@contextmanager
def reporter(request: "FeedRequest") -> Iterator[Callable[["FeedCounts"], None]]:
    """Where stderr is a terminal a line that renews itself, plain lines otherwise."""
    console = Console(stderr=True)
    head = f"{request.provider}:"
    if not console.is_terminal:

        def say(text: str) -> None:
            console.print(text, highlight=False, markup=False, soft_wrap=True)

        yield _Teller(head, _LINE_EVERY, say)
        return
    with console.status(f"{head} connecting") as live:
        yield _Teller(head, _LIVE_EVERY, live.update)


class _Teller:
    """Says how far a feed is, now and then."""

    def __init__(self, head: str, every: float, say: Callable[[str], None]) -> None:
        self._head, self._every, self._say = head, every, say
        self._last, self._ticks = time.monotonic(), 0

    def __call__(self, counts: "FeedCounts") -> None:
        now = time.monotonic()
        since = now - self._last
        if since < self._every:
            return
        rate = (counts.ticks - self._ticks) / since
        self._last, self._ticks = now, counts.ticks
        words = [
            f"{self._head} {'connected' if counts.connected else 'not connected'}",
            f"{counts.ticks:,} ticks",
            f"{rate:,.1f}/s",
        ]
        words += [
            f"{value:,} {name}"
            for name in ("duplicates", "rejected", "gaps", "missing", "reconnects", "stories")
            if (value := getattr(counts, name))
        ]
        if counts.last_ts is not None:
            words.append(f"{time.time() - counts.last_ts / 1_000:,.1f} s old")
        self._say(", ".join(words))
