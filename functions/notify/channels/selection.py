"""The channels that the settings name."""

from collections.abc import Callable
from typing import Protocol

from functions.notify.channels.console import ConsoleChannel
from functions.notify.channels.file import FileChannel
from functions.notify.channels.webhook import WebhookChannel
from functions.notify.notification import Notification
from streams.adapters.settings import Settings
from streams.domain.errors import ConfigError


class Channel(Protocol):
    """A way to people; its name is a key in the database and stays."""

    @property
    def name(self) -> str: ...

    def send(self, notification: Notification) -> None:
        """Return when it is accepted; raise DeliveryError when it is not."""
        ...


def channels(settings: Settings) -> list[Channel]:
    """In the order of TAPEDECK_NOTIFY_CHANNELS, each once.

    Raises ConfigError for a name that is unknown and for a channel that lacks its setting.
    """
    names = [name.strip() for name in settings.notify_channels.split(",") if name.strip()]
    if unknown := set(names) - _MAKERS.keys():
        raise ConfigError(
            f"TAPEDECK_NOTIFY_CHANNELS: expected names among {', '.join(_MAKERS)}, "
            f"was {', '.join(sorted(unknown))}"
        )
    return [_MAKERS[name](settings) for name in dict.fromkeys(names)]


def _console(settings: Settings) -> Channel:
    return ConsoleChannel()


def _file(settings: Settings) -> Channel:
    return FileChannel(settings.notify_file or settings.home / "notifications.jsonl")


def _webhook(settings: Settings) -> Channel:
    if settings.notify_webhook_url is None:
        raise ConfigError("TAPEDECK_NOTIFY_WEBHOOK_URL: expected for channel webhook, was not set")
    return WebhookChannel(settings.notify_webhook_url.get_secret_value())


_MAKERS: dict[str, Callable[[Settings], Channel]] = {
    "console": _console,
    "file": _file,
    "webhook": _webhook,
}
