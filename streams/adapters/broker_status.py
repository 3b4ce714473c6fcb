"""What the local broker of `tapedeck serve` still has to deliver."""

import httpx

from streams.adapters.settings import Settings
from streams.domain.errors import ServiceError


def broker_pending(settings: Settings) -> int:
    """Events that it has accepted and not yet delivered or given up on.

    0 when `K_SINK` names another broker: what that one does cannot be seen from here. Raises
    ServiceError when the local one does not answer.
    """
    url = local_broker(settings)
    if settings.sink is not None and settings.sink.rstrip("/") != url.rstrip("/"):
        return 0
    try:
        answer = httpx.get(url, timeout=5.0)
        answer.raise_for_status()
    except httpx.HTTPError as error:
        raise ServiceError(f"broker {url}: {error}") from error
    return int(answer.json()["pending"])


def local_broker(settings: Settings) -> str:
    """The URL of `tapedeck serve`'s broker."""
    return f"http://127.0.0.1:{settings.broker_port}/"
