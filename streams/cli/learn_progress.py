"""How training shows itself: a bar on a terminal, plain lines elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

_LINE_EVERY = 5.0
_BAR_EVERY = 0.1


class LearnReporter(Protocol):
    """Takes how much was read, and words about what is being done."""

    def read(self, done: int, total: int) -> None: ...
    def say(self, text: str) -> None: ...


@contextmanager
def learn_reporter(name: str) -> Iterator[LearnReporter]:
    """On standard error; `name` is the command's."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Lines(console, name)
        return
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True) as bar:
        yield _Bar(bar, bar.add_task(f"{name}: reading", total=None), name)


class _Bar:
    def __init__(self, bar: Progress, task: TaskID, name: str) -> None:
        self._bar, self._task, self._name = bar, task, name
        self._last = 0.0

    def read(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._last >= _BAR_EVERY:
            self._last = now
            self._bar.update(self._task, completed=done, total=total or None)

    def say(self, text: str) -> None:
        self._bar.update(self._task, description=f"{self._name}: {text}", total=None)


class _Lines:
    def __init__(self, console: Console, name: str) -> None:
        self._console, self._name = console, name
        self._last = time.monotonic()

    def read(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._last >= _LINE_EVERY:
            self._last = now
            share = f"{100 * done / total:.0f} %" if total else f"{done:,}"
            self.say(f"reading, {share}")

    def say(self, text: str) -> None:
        self._console.print(f"{self._name}: {text}", highlight=False, markup=False, soft_wrap=True)
