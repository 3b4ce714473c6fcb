"""The webhook channel: each notification posted as JSON."""

from functions.notify.channels.http_post import HttpPost
from functions.notify.message import Told


class WebhookChannel:
    """Receivers tell repeats by the header `Idempotency-Key`. The URL is a secret: never shown."""

    name = "webhook"

    def __init__(self, url: str) -> None:
        self._post = HttpPost(self.name, "TAPEDECK_NOTIFY_WEBHOOK_URL", url)

    def send(self, message: Told) -> None:
        """Raises DeliveryError for anything but a 2xx in time."""
        headers = {"Idempotency-Key": header_text(message.key)}
        if message.traceparent:
            headers["traceparent"] = message.traceparent
        self._post(message.as_json(), headers)


def header_text(text: str) -> str:
    """The same where it is printable ASCII, percent-encoded elsewhere: headers hold no more."""
    from urllib.parse import quote

    return quote(text, safe="".join(map(chr, range(0x21, 0x7F))).replace("%", ""))
