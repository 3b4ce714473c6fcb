"""The channels that the settings name."""

import logging
from collections.abc import Callable, Iterable

from pydantic import SecretStr

from functions.notify.channels.channel import Channel
from functions.notify.channels.console import ConsoleChannel
from functions.notify.channels.file import FileChannel
from functions.notify.channels.slack import SlackChannel
from functions.notify.channels.webhook import WebhookChannel
from streams.adapters.settings import Settings
from streams.domain.errors import ConfigError


def channels(settings: Settings, names: Iterable[str] | None = None) -> list[Channel]:
    """Those of TAPEDECK_NOTIFY_CHANNELS in their order, or those named, each once.

    Raises ConfigError for a channel that lacks its setting; the settings know no other names.
    """
    _keep_urls_out_of_logs()
    return [_MAKERS[name](settings) for name in dict.fromkeys(names or settings.channel_names)]


def _keep_urls_out_of_logs() -> None:
    """The libraries log the URLs that they call, and a channel's URL is its password."""
    for name in ("httpx", "httpcore", "urllib3", "requests"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # Its warnings name hosts and chats, and are what a failure's code is read from.
    apprise = logging.getLogger("apprise")
    apprise.setLevel(logging.WARNING)
    apprise.propagate = False
    if not apprise.handlers:
        apprise.addHandler(logging.NullHandler())


def _console(settings: Settings) -> Channel:
    return ConsoleChannel()


def _file(settings: Settings) -> Channel:
    return FileChannel(settings.notify_file or settings.home / "notifications.jsonl")


def _webhook(settings: Settings) -> Channel:
    return WebhookChannel(_url(settings.notify_webhook_url, "webhook", "WEBHOOK_URL"))


def _slack(settings: Settings) -> Channel:
    return SlackChannel(_url(settings.notify_slack_url, "slack", "SLACK_URL"))


def _email(settings: Settings) -> Channel:
    from functions.notify.channels.email import EmailChannel

    return EmailChannel(_url(settings.notify_email_url, "email", "EMAIL_URL"))


def _telegram(settings: Settings) -> Channel:
    from functions.notify.channels.apprise import AppriseChannel

    url = _url(settings.notify_telegram_url, "telegram", "TELEGRAM_URL")
    return AppriseChannel("telegram", "TAPEDECK_NOTIFY_TELEGRAM_URL", url)


def _apprise(settings: Settings) -> Channel:
    from functions.notify.channels.apprise import AppriseChannel

    urls = _url(settings.notify_apprise_urls, "apprise", "APPRISE_URLS")
    return AppriseChannel("apprise", "TAPEDECK_NOTIFY_APPRISE_URLS", urls)


def _url(secret: SecretStr | None, channel: str, setting: str) -> str:
    if secret is None or not secret.get_secret_value().strip():
        raise ConfigError(f"TAPEDECK_NOTIFY_{setting}: expected for channel {channel}, was not set")
    return secret.get_secret_value().strip()


_MAKERS: dict[str, Callable[[Settings], Channel]] = {
    "console": _console,
    "file": _file,
    "webhook": _webhook,
    "slack": _slack,
    "email": _email,
    "telegram": _telegram,
    "apprise": _apprise,
}
