"""When a provider fails: try again, later each time, or give up with an error that says why."""

import asyncio
import random
import re
from email.utils import parsedate_to_datetime
from time import time

from streams.adapters.feeds.backoff import Backoff
from streams.adapters.feeds.provider import Access, BusyError
from streams.apps.feed.intake import Intake
from streams.domain.errors import ServiceError

_FIRST_TRIES = 6
_BUSY_S = 60.0
_LONGEST_BUSY_S = 86_400.0


class Patience:
    """The failures of one connection; before it ever worked only a few are borne."""

    def __init__(self, name: str, access: Access, intake: Intake) -> None:
        self._name = f"{name} at {access.url.split('?')[0]}"
        self._key, self._intake = access.key, intake
        self._backoff = Backoff(random.Random())  # noqa: S311  # jitter, no secret
        self._worked = False

    def worked(self) -> None:
        """It answered as it should."""
        self._worked = True
        self._backoff.reset()

    async def bear(self, error: Exception) -> None:
        """Wait before the next try; raises ServiceError when it never worked."""
        why = self.hide(str(error) or type(error).__name__)
        if isinstance(error, BusyError):
            wait = min(_BUSY_S if error.seconds is None else error.seconds, _LONGEST_BUSY_S)
        else:
            wait = self._backoff.delay()
            if not self._worked and self._backoff.failures >= _FIRST_TRIES:
                raise ServiceError(f"{self._name}: expected an answer, was: {why}") from error
        self._intake.failed(why, wait)
        await asyncio.sleep(wait)

    def hide(self, text: str) -> str:
        """The text without the key."""
        if self._key:
            text = text.replace(self._key, "***")
        return re.sub(r"(?i)((?:token|api_?key)=)[^&\s'\"]+", r"\1***", text)[:300]


def retry_after(text: str | None) -> float | None:
    """Seconds of a `Retry-After` header: a number or a date; None when it says neither."""
    if text is None:
        return None
    if text.strip().isdecimal():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time())
    except (TypeError, ValueError):
        return None
