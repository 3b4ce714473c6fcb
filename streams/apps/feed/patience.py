"""When a provider fails: try again, later each time, or give up with an error that says why."""

import asyncio
import random
from email.utils import parsedate_to_datetime
from time import time

from streams.adapters.feeds.backoff import Backoff
from streams.adapters.feeds.provider import Access, BusyError, RefusedError
from streams.apps.feed.intake import Intake
from streams.domain.errors import ServiceError

_FIRST_TRIES = 6
_BUSY_S = 60.0
_LONGEST_BUSY_S = 86_400.0


class Patience:
    """The failures of one connection; before it ever worked only a few are borne.

    One `beside` the ticks, that of the news, says nothing about whether we are connected.
    """

    def __init__(self, name: str, access: Access, intake: Intake, *, beside: bool = False) -> None:
        self.name = name
        self._access, self._intake, self._beside = access, intake, beside
        self._backoff = Backoff(random.Random())  # noqa: S311  # jitter, no secret
        self._worked = False

    def worked(self) -> None:
        """It answered as it should."""
        self._worked = True
        self._backoff.reset()

    async def bear(self, error: Exception) -> None:
        """Wait before the next try; raises ServiceError when it never worked."""
        if not self._beside:
            self._intake.connected(False)
        why = self._access.hide(str(error) or type(error).__name__)
        if isinstance(error, BusyError):
            wait = min(_BUSY_S if error.seconds is None else error.seconds, _LONGEST_BUSY_S)
        else:
            wait = self._backoff.delay()
            if not self._worked and self._backoff.failures >= _FIRST_TRIES:
                where = f"{self.name} at {self._access.url.split('?')[0]}"
                raise ServiceError(f"{where}: expected an answer, was: {why}") from error
        self._intake.failed(why, wait)
        await asyncio.sleep(wait)

    def refused(self, error: RefusedError) -> ServiceError:
        """What ends the feed, with the provider's words."""
        return ServiceError(f"{self.name}: refused us: {self._access.hide(str(error))}")


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
