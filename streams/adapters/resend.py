"""Sends undelivered events back to where they failed.

What is guaranteed: a row is sent by one replay at a time (its lock in PostgreSQL), and never again
once it is marked. Killed between the destination's 2xx and the mark, a replay may send it a second
time: the same id and source, which a receiver that keeps Eventing's contract acknowledges and
ignores. So every event has its effect exactly once.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from streams.adapters.ce_http import EventPoster
from streams.adapters.database.engine import first_line
from streams.adapters.database.undelivered import Claim, claim
from streams.domain.errors import ConfigError, DeliveryError, ServiceError


class Outcome(StrEnum):
    REPLAYED = "replayed"
    REFUSED = "refused"
    """The destination has answered, with no 2xx."""
    UNREACHED = "unreached"
    """It did not answer, or is overloaded, for as long as it was tried."""
    PASSED = "passed"
    """Not sent: its destination did not answer for an earlier one."""
    TAKEN = "taken"
    """Another replay has it or has done it."""
    NOWHERE = "nowhere"
    """It does not say where it failed."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one of them."""

    id: str
    outcome: Outcome
    event_id: str = ""
    destination: str = ""
    detail: str = ""


Where = Callable[[str], str]
"""The URL to post to, for a destination as the dead letter names it."""


@dataclass(frozen=True, slots=True)
class Resender:
    """`seconds` is how long one event is tried; `now` in epoch seconds."""

    engine: Engine
    where: Where
    seconds: float = 20.0
    now: Callable[[], float] = time.time

    def send(self, ids: Iterable[str]) -> Iterator[Sent]:
        """One after the other, in the order given: a symbol's events stay in order.

        Raises ServiceError when PostgreSQL does not answer; what was sent before is marked.
        """
        posters: dict[str, EventPoster] = {}
        silent: set[str] = set()
        try:
            for letter_id in ids:
                yield self._one(letter_id, posters, silent)
        except DBAPIError as error:
            raise ServiceError(
                f"dead-letters: PostgreSQL refused: {first_line(error)}; the event under way may "
                "have arrived, it is safe to replay it again"
            ) from error
        finally:
            for poster in posters.values():
                poster.close()

    def _one(self, letter_id: str, posters: dict[str, EventPoster], silent: set[str]) -> Sent:
        with claim(self.engine, letter_id) as held:
            if held is None:
                return Sent(letter_id, Outcome.TAKEN)
            event_id, destination = held.row["event_id"], held.row["destination"]
            try:
                url = self.where(destination)
            except ConfigError as error:
                return Sent(letter_id, Outcome.NOWHERE, event_id, destination, str(error))
            if url in silent:
                return Sent(letter_id, Outcome.PASSED, event_id, url)
            if url not in posters:
                posters[url] = EventPoster(url, budget=self.seconds, lanes=1)
            outcome, detail = self._post(posters[url], held)
            if outcome is Outcome.UNREACHED:
                silent.add(url)
            return Sent(letter_id, outcome, event_id, url, detail)

    def _post(self, poster: EventPoster, held: Claim) -> tuple[Outcome, str]:
        try:
            answer = poster.post(held.event)
        except DeliveryError as error:
            held.failed(str(error))
            return Outcome.UNREACHED, str(error)
        if not answer.accepted:
            detail = f"{answer.status} {answer.detail}".strip()
            held.failed(detail)
            return Outcome.REFUSED, detail
        held.replayed(int(self.now() * 1_000))
        return Outcome.REPLAYED, ""


def destination_url(destination: str, function_url: Callable[[str], str | None]) -> str:
    """The URL to send to: a local function by its name, wherever it listens now, else as it is.

    Raises ConfigError for what is no URL.
    """
    parts = urlsplit(destination)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host:
        raise ConfigError(
            f"destination: expected http://... or https://..., was {destination!r}; say --to URL"
        )
    name, _, domain = host.rpartition(".")
    if domain != "localhost" or not name:
        return destination
    if (url := function_url(name)) is None:
        raise ConfigError(
            f"destination {destination}: expected a function of `tapedeck serve`, was {name!r}; "
            "say --to URL"
        )
    return url.rstrip("/") + (parts.path or "/")
