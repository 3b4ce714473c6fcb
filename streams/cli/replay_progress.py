"""How a replay shows itself: a bar on a terminal, a line now and then elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

if TYPE_CHECKING:
    from streams.apps.replay.request import Progress as ReplayProgress

_LINE_EVERY = 5.0
_BAR_EVERY = 0.1


class Reporter(Protocol):
    """Takes the progress of a replay, and words about what follows it."""

    def __call__(self, progress: "ReplayProgress") -> None: ...
    def say(self, text: str) -> None: ...
    def tell(self, text: str) -> None: ...


@contextmanager
def progress_reporter() -> Iterator[Reporter]:
    """A bar with rows/s and the time left where stderr is a terminal, plain lines otherwise."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Lines(console)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[said]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        yield _Bar(bar, bar.add_task("replay", total=None, said=""))


class _Throttled:
    """Lets something through now and then, and knows the rate of rows."""

    def __init__(self, every: float) -> None:
        self._every = every
        self._began: float | None = None  # the first row, not the start of whatever came before
        self._last = time.monotonic()

    def due(self) -> bool:
        now = time.monotonic()
        if self._began is None:
            self._began = self._last = now
        if now - self._last < self._every:
            return False
        self._last = now
        return True

    def describe(self, progress: "ReplayProgress") -> str:
        rate = progress.rows / max(1e-9, time.monotonic() - (self._began or 0.0))
        lap = f", lap {progress.lap + 1}" if progress.lap else ""
        return f"{progress.rows:,} rows, {rate:,.0f} rows/s, {progress.ticks:,} ticks{lap}"


class _Bar(_Throttled):
    def __init__(self, bar: Progress, task: TaskID) -> None:
        super().__init__(_BAR_EVERY)
        self._bar, self._task = bar, task

    def __call__(self, progress: "ReplayProgress") -> None:
        if self.due():
            self._bar.update(
                self._task,
                completed=progress.position,
                total=progress.size,
                said=self.describe(progress),
            )

    def say(self, text: str) -> None:
        self._bar.update(self._task, description=text)

    def tell(self, text: str) -> None:
        self._bar.console.print(text, highlight=False, markup=False, soft_wrap=True)


class _Lines(_Throttled):
    def __init__(self, console: Console) -> None:
        super().__init__(_LINE_EVERY)
        self._said = ""
        self._console = console

    def __call__(self, progress: "ReplayProgress") -> None:
        if self.due():
            share = 100 * progress.position / progress.size if progress.size else 100
            self.tell(f"replay: {share:.0f} %, {self.describe(progress)}")

    def say(self, text: str) -> None:
        if text.split(":")[0] != self._said:  # a wait says the same again and again
            self._said = text.split(":")[0]
            self.tell(text)

    def tell(self, text: str) -> None:
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)


def show_summary(summary: dict[str, Any], dry_run: bool) -> None:
    """The summary for people, on stdout."""
    console = Console()
    if summary["interrupted"]:
        console.print("Interrupted: run the same replay again and nothing is counted twice.")
    if summary["empty_files"]:
        console.print(f"Without a row: {', '.join(summary['empty_files'])}", markup=False)
    if not summary["rows_read"]:
        console.print("Nothing was read: there is no row of data.")
    elif not summary["ticks"]:
        console.print("No row became a tick: see the counts below.")
    table = Table(title="Dry run: nothing was sent" if dry_run else None, show_header=False)
    table.add_column(style="cyan")
    table.add_column(justify="right")
    for name, value in summary.items():
        if name not in ("run", "empty_files", "interrupted", "first_ts_ms", "last_ts_ms"):
            for label, text in _lines(name, value):
                table.add_row(label, text)
    console.print(table)


def _lines(name: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        yield from ((f"{name} {key}", _text(inner)) for key, inner in value.items())
    else:
        yield name, _text(value)


def _text(value: object) -> str:
    return f"{value:,}" if isinstance(value, int | float) else str(value)
