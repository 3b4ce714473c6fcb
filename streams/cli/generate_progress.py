"""How a generator shows itself: one live line on a terminal, a line now and then elsewhere."""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.status import Status
from rich.table import Table

if TYPE_CHECKING:
    from streams.apps.generate.classic import Classic
    from streams.apps.generate.request import GenerateProgress

_LINE_EVERY = 5.0
_LIVE_EVERY = 0.2
_BEHIND_MS = 250


class Reporter:
    """Takes the progress of either kind of generator."""

    def __init__(self, console: Console, live: Status | None) -> None:
        self._console, self._live = console, live
        self._every = _LINE_EVERY if live is None else _LIVE_EVERY
        self._last: float | None = None
        self._sent = 0

    def __call__(self, progress: "GenerateProgress") -> None:
        sent = progress.ticks + progress.context
        rate = self._due(sent)
        if rate is None:
            return
        words = [f"{progress.ticks:,} ticks", f"{progress.context:,} context", f"{rate:,.0f}/s"]
        words.append(f"{progress.failed:,} failed")
        if progress.behind_ms > _BEHIND_MS:
            words.append(f"{progress.behind_ms / 1_000:.1f} s behind the clock")
        if progress.share is not None:
            words.append(f"{progress.share:.0%}")
        self._say(", ".join(words))

    def classic(self, classic: "Classic") -> None:
        """The same for the copied generator's loops."""
        rate = self._due(classic.sent)
        if rate is not None:
            self._say(
                f"{classic.prices.sent:,} prices, {classic.additional.sent:,} additional, "
                f"{rate:,.1f}/s, {classic.failed:,} failed"
            )

    def _due(self, sent: int) -> float | None:
        """The rate since the last time, when it is time to say something."""
        now = time.monotonic()
        if self._last is None:
            self._last = now
            return 0.0
        since = now - self._last
        if since < self._every:
            return None
        rate = (sent - self._sent) / since
        self._last, self._sent = now, sent
        return rate

    def _say(self, text: str) -> None:
        if self._live is not None:
            self._live.update(f"generate: {text}")
        else:
            self._console.print(f"generate: {text}", highlight=False, markup=False, soft_wrap=True)


@contextmanager
def reporter() -> Iterator[Reporter]:
    """Where stderr is a terminal a line that renews itself, plain lines otherwise."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield Reporter(console, None)
        return
    with console.status("generate: starting") as live:
        yield Reporter(console, live)


def show(summary: dict[str, Any], *, as_json: bool, quiet: bool = False) -> None:
    """The summary on stdout; for people on stderr where stdout is the market's."""
    if as_json:
        sys.stdout.write(json.dumps(summary) + "\n")
        return
    table = Table(show_header=False)
    table.add_column(style="cyan")
    table.add_column(justify="right")
    for name, value in summary.items():
        if name not in ("run", "interrupted"):
            shown = f"{value:,}" if isinstance(value, int) and not name.endswith("_ms") else value
            table.add_row(name, str(shown))
    Console(stderr=quiet).print(table)
