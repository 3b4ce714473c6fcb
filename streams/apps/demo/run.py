"""The demo: services, pipelines, functions and dashboard on this machine, fed by a replay."""

import logging
import os
import signal
import threading
from dataclasses import dataclass
from typing import Any, Protocol

from streams.adapters.config_analysis import configured_analyses
from streams.adapters.database import upgrade
from streams.adapters.endpoints import database_address, kafka_address
from streams.adapters.made_with import check_state
from streams.adapters.models.extra import SERVING, require
from streams.adapters.pids import read_pid, remove_pid, write_pid
from streams.adapters.services import down, reset, revive, up
from streams.adapters.settings import Settings
from streams.adapters.tape.file import STDIN
from streams.adapters.tape.tape import open_tape
from streams.adapters.topics import Topics, create_topics
from streams.apps.demo.plan import Plan, make_plan
from streams.apps.demo.supervisor import Supervisor
from streams.apps.drain import Drain
from streams.apps.replay.request import Progress, ReplayRequest
from streams.apps.replay.run import replay
from streams.domain.errors import ConfigError, TapedeckError

logger = logging.getLogger(__name__)

_WATCH_SECONDS = 0.5


class Show(Protocol):
    """Where the demo shows itself."""

    def __call__(self, progress: Progress) -> None: ...

    def say(self, text: str) -> None:
        """A passing remark, such as what is being waited for."""

    def tell(self, text: str) -> None:
        """Something to keep on the screen, such as a URL."""


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """`exit_after`: stop when all that the replay caused is stored and delivered.

    `predict`: run the models too; it needs the extra `ml`.
    """

    exit_after: bool = False
    keep: bool = False
    panel: bool = True
    panel_port: int = 5006
    predict: bool = False


def demo(
    settings: Settings, request: ReplayRequest, options: DemoOptions, show: Show
) -> dict[str, Any] | None:
    """Run everything until SIGTERM, SIGINT, or the end asked for; returns the replay's summary.

    Whatever happens, what was started is stopped again. None when it was stopped before the
    replay's end. Raises TapedeckError when a service or child cannot be made to run.
    """
    _check_files(request)
    configured_analyses(settings)  # what is wrong there would stop a child again and again
    if options.predict:
        require(SERVING)
    other = read_pid(settings.home, "demo")
    if other is not None:
        raise ConfigError(f"demo: one is already running in {settings.home}, with pid {other}")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    write_pid(settings.home, "demo", os.getpid())
    try:
        _prepare(settings, options, show)
        plan = make_plan(
            settings,
            panel=options.panel,
            panel_port=options.panel_port,
            predict=options.predict,
        )
        return _run(settings.model_copy(update=plan.settings), request, options, plan, show, stop)
    finally:
        show.say("stopping services")
        down(settings)
        remove_pid(settings.home, "demo")


def _check_files(request: ReplayRequest) -> None:
    """A file that is not there or no tape is known before anything is started or emptied."""
    if STDIN not in request.files:
        with open_tape(list(request.files), request.read, request.pick, request.limit):
            pass


def _prepare(settings: Settings, options: DemoOptions, show: Show) -> None:
    """Services up (from clean ones unless they are kept), topics and tables there."""
    if not options.keep:
        reset(settings)
    check_state(settings)
    up(settings, lambda _name, text: show.say(text))
    create_topics(kafka_address(settings), Topics(settings.topic_prefix), settings.partitions)
    show.say("database: creating tables")
    upgrade(database_address(settings))


def _run(
    settings: Settings,
    request: ReplayRequest,
    options: DemoOptions,
    plan: Plan,
    show: Show,
    stop: threading.Event,
) -> dict[str, Any] | None:
    supervisor = Supervisor(plan.children, lambda: revive(settings))
    work = _Replay(settings, request, show, stop, options)
    try:
        supervisor.start()
        _announce(plan, show)
        work.start()
        while not stop.wait(_WATCH_SECONDS):
            for name in supervisor.watch():
                show.tell(f"restarted {name}, which had died")
            if work.error is not None:
                raise work.error
            if options.exit_after and not work.is_alive():
                break
        return work.summary
    finally:
        stop.set()
        show.say("stopping processes")
        supervisor.stop()
        work.join()


def _announce(plan: Plan, show: Show) -> None:
    if plan.panel_url is not None:
        show.tell(f"dashboard  {plan.panel_url}")
    show.tell(f"broker     {plan.broker_url}")
    show.tell(f"logs       {plan.children[0].log.parent}")


class _Replay(threading.Thread):
    """The replay, and with `exit_after` the wait for all it caused, beside the supervision."""

    def __init__(
        self,
        settings: Settings,
        request: ReplayRequest,
        show: Show,
        stop: threading.Event,
        options: DemoOptions,
    ) -> None:
        super().__init__(name="replay", daemon=True)
        self.summary: dict[str, Any] | None = None
        self.error: BaseException | None = None
        self._settings = settings
        self._request = request
        self._show = show
        self._stop_asked = stop
        self._wait = options.exit_after
        self._predict = options.predict

    def run(self) -> None:
        try:
            self._replay()
        except BaseException as error:  # the main thread raises it
            self.error = error

    def _replay(self) -> None:
        """Sets the summary as soon as it is known."""
        show, stop = self._show, self._stop_asked
        progress = show.say if self._wait else _unsaid
        drain = Drain(self._settings, progress, stop=stop, predict=self._predict)
        result = replay(self._settings, self._request, show, stop)
        if result.interrupted:
            return
        if self._wait:
            counted = drain.wait(result.run)
            self.summary = None if stop.is_set() else result.summary() | counted
            return
        self.summary = result.summary()
        show.tell(f"replayed   {result.counts.read:,} rows, {result.counts.ticks:,} ticks")
        show.say("the tape is over; Ctrl-C stops the demo")
        _settle(drain, result.run)


def _unsaid(text: str) -> None:
    """The last remark stays: nobody waits for this."""


def _settle(drain: Drain, run: str) -> None:
    """Nobody waits for it: a demo that goes on is not ended by what does not settle."""
    try:
        drain.settle(run)
    except TapedeckError as error:
        logger.warning("the tape has not settled: %s", error)
