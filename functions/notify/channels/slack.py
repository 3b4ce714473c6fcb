"""The slack channel: an incoming webhook, as Slack, Mattermost and Rocket.Chat have it.

https://api.slack.com/messaging/webhooks: `{"text": ...}`; `&`, `<` and `>` must be escaped, or a
symbol could be a link or call everybody.
"""

from functions.notify.channels.http_post import HttpPost
from functions.notify.message import Told

_LONGEST = 39_000  # Slack cuts texts at 40,000 characters


class SlackChannel:
    name = "slack"

    def __init__(self, url: str) -> None:
        self._post = HttpPost(self.name, "TAPEDECK_NOTIFY_SLACK_URL", url)

    def send(self, message: Told) -> None:
        """Raises DeliveryError for anything but a 2xx in time."""
        text = f"*{_escaped(message.subject)}*\n{_escaped(message.text)}"
        if len(text) > _LONGEST:
            text = f"{text[:_LONGEST]}\n... (cut)"
        self._post({"text": text}, {})


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
