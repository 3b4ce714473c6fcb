"""JSON to a URL that is a secret: what the channels over HTTP share."""

from typing import Any
from urllib.parse import urlsplit

from functions.notify.channels.channel import TransientError
from streams.domain.errors import ConfigError, DeliveryError

SECONDS = 4.0
"""To connect, to write, and to read: a try ends well before its event must."""
_BUSY = frozenset({429, 502, 503, 504})


class HttpPost:
    """Posts to one URL. Errors name the channel, never the URL."""

    def __init__(self, channel: str, setting: str, url: str) -> None:
        import httpx  # a quarter of a second that only channels over HTTP should cost

        self._channel = channel
        self._errors = (httpx.HTTPError, httpx.InvalidURL)
        if not _is_url(url):
            raise ConfigError(f"{setting}: expected an http or https URL, was something else")
        self._url = url
        # No idle connections: signals are rare, and the other end would close them meanwhile.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._client = httpx.Client(timeout=SECONDS, limits=limits, trust_env=False)

    def __call__(self, content: Any, headers: dict[str, str]) -> None:
        """Raises DeliveryError for anything but a 2xx in time."""
        try:
            answer = self._client.post(self._url, json=content, headers=headers)
        except self._errors as error:
            raise TransientError(f"{self._channel}: no answer: {type(error).__name__}") from error
        if answer.is_success:
            return
        text = f"{self._channel}: expected 2xx, was {answer.status_code}"
        if answer.status_code in _BUSY:
            raise TransientError(text, _seconds(answer.headers.get("retry-after", "")))
        raise DeliveryError(text)


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _seconds(text: str) -> float | None:
    return float(text) if text.isdecimal() and len(text) < 6 else None
