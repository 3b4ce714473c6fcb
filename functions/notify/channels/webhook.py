"""The webhook channel: each notification posted as JSON."""

from functions.notify.notification import Notification
from streams.domain.errors import DeliveryError

_SECONDS = 5.0


class WebhookChannel:
    """Receivers tell repeats by the header `Idempotency-Key`. The URL is a secret: never shown."""

    name = "webhook"

    def __init__(self, url: str) -> None:
        import httpx  # a quarter of a second that only this channel should cost

        self._errors = (httpx.HTTPError, httpx.InvalidURL)
        self._url = url
        # No idle connections: signals are rare, and the other end would close them meanwhile.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._client = httpx.Client(timeout=_SECONDS, limits=limits, trust_env=False)

    def send(self, notification: Notification) -> None:
        """Raises DeliveryError for anything but a 2xx in time."""
        headers = {"Idempotency-Key": f"{notification.source}#{notification.id}"}
        if notification.traceparent:
            headers["traceparent"] = notification.traceparent
        try:
            answer = self._client.post(self._url, json=notification.as_json(), headers=headers)
        except self._errors as error:
            raise DeliveryError(f"webhook: no answer: {type(error).__name__}") from error
        if not answer.is_success:
            raise DeliveryError(f"webhook: expected 2xx, was {answer.status_code}")
