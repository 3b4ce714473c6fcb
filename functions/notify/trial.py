"""A marked test notification through channels, to see that they work: no signal, no row."""

import sys
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from functions.notify.channels.channel import Channel
from functions.notify.channels.console import ConsoleChannel
from functions.notify.channels.selection import channels
from functions.notify.message import Message
from functions.notify.notification import Notification
from functions.notify.outlet import Answer, Outlet
from functions.notify.words import message_of
from streams.adapters.config_file import notify_rules
from streams.adapters.settings import CHANNELS, Settings
from streams.domain.errors import ConfigError, DeliveryError
from streams.domain.signal import Side, Signal

MARK = "[TEST]"
_SECONDS = 12.0


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of it on one channel; `error` is a remark where it was delivered."""

    channel: str
    status: str
    milliseconds: int
    error: str | None = None


def try_channels(
    settings: Settings, names: Sequence[str], symbol: str, *, quiet_console: bool = False
) -> list[Trial]:
    """Send one through each of `names` (none: those in use), all at once; quiet hours do not count.

    Raises ConfigError for a name that is unknown, a channel without its setting, or a broken
    configuration. `quiet_console`: the console channel writes to standard error.
    """
    if unknown := sorted(set(names) - set(CHANNELS)):
        raise ConfigError(
            f"--channel: expected one of {', '.join(CHANNELS)}, was {', '.join(unknown)}"
        )
    rules = notify_rules(settings.config, settings.channel_names)
    notification = _notification(symbol)
    outlets = [
        Outlet(_on_stderr(channel) if quiet_console else channel)
        for channel in channels(settings, names)
    ]
    begun = time.monotonic()
    started = []
    for outlet in outlets:
        message = _marked(message_of(notification, rules.of(outlet.name).wording))
        watch = _Stopwatch()
        future = outlet.start(message)
        future.add_done_callback(watch)
        started.append((outlet, future, watch))
    return [_settled(outlet, future, begun, watch) for outlet, future, watch in started]


class _Stopwatch:
    """Called when something ends; until then it runs."""

    def __init__(self) -> None:
        self._begun = time.monotonic()
        self._ended: float | None = None

    def __call__(self, _: object) -> None:
        self._ended = time.monotonic()

    @property
    def milliseconds(self) -> int:
        return round(((self._ended or time.monotonic()) - self._begun) * 1_000)


def _settled(outlet: Outlet, future: Future[Answer], begun: float, watch: _Stopwatch) -> Trial:
    try:
        answer = outlet.answer(future, begun + _SECONDS - time.monotonic())
    except DeliveryError as error:
        return Trial(outlet.name, "failed", watch.milliseconds, str(error))
    return Trial(outlet.name, "delivered", watch.milliseconds, answer.remark)


def _on_stderr(channel: Channel) -> Channel:
    return ConsoleChannel(sys.stderr) if channel.name == "console" else channel


def _marked(message: Message) -> Message:
    """Templates may leave the words out that say what it is."""
    return Message(
        message.key,
        f"{MARK} {message.subject}",
        f"{MARK} {message.text}",
        {**message.body, "test": True},
    )


def _notification(symbol: str) -> Notification:
    now = int(time.time() * 1_000)
    name = f"{symbol}/test/{uuid.uuid4().hex[:12]}"
    reason = "a test of Tapedeck's notifications, nothing has happened"
    signal = Signal(name, now, symbol, "5m", "test", Side.NEUTRAL, 100.0, 0.0, True, reason)
    return Notification("/tapedeck/notify/test", name, signal, now)
