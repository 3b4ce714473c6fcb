"""Posting CloudEvents to a sink: binary mode, keep-alive, retries within a budget.

The answers mean what Knative Eventing's data plane gives them: 2xx accepted; 400, 413, 415 and 422
poison; anything else, and no answer at all, is worth another try.
"""

import json
import logging
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Event as Flag

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_delay
from tenacity.nap import sleep_using_event
from tenacity.stop import stop_when_event_set
from tenacity.wait import wait_exponential_jitter

from streams.adapters.cloud_event import CloudEvent, binary_headers
from streams.domain.errors import ConfigError, DeliveryError

logger = logging.getLogger(__name__)

POISON = frozenset({400, 413, 415, 422})
_TIMEOUT = httpx.Timeout(30.0, connect=5.0)
_LONGEST_WAIT = 15.0


@dataclass(frozen=True, slots=True)
class Answer:
    """The last answer to an event: accepted (2xx), or refused for good with what it said."""

    status: int
    detail: str = ""

    @property
    def accepted(self) -> bool:
        return 200 <= self.status < 300


class _TryAgain(Exception):
    """No final answer yet; `after` are seconds that the sink asked for."""

    def __init__(self, code: str, detail: str, after: float = 0.0) -> None:
        super().__init__(detail)
        self.code = code
        self.after = after


Observer = Callable[[str, float], None]
"""Called after each attempt with the status code, or `error`, and the seconds that it took."""


class EventPoster:
    """Posts events to one sink; safe to use from several threads."""

    def __init__(
        self,
        sink: str,
        *,
        budget: float = 300.0,
        overrides: Mapping[str, str] | None = None,
        ca_certs: str | None = None,
        observe: Observer = lambda code, seconds: None,
        lanes: int = 16,
    ) -> None:
        self._sink = sink
        self._budget = budget
        self._overrides = dict(overrides or {})
        self._observe = observe
        self._stopped = Flag()
        self._client = httpx.Client(
            timeout=_TIMEOUT,
            limits=httpx.Limits(max_connections=lanes, max_keepalive_connections=lanes),
            verify=ssl.create_default_context(cadata=ca_certs) if ca_certs else True,
            trust_env=False,
        )

    def post(self, event: CloudEvent) -> Answer:
        """Post until there is a final answer.

        Raises DeliveryError when the budget (seconds) is spent or the poster was closed.
        """
        event = event.extended(self._overrides)
        retrying = Retrying(
            stop=stop_after_delay(self._budget) | stop_when_event_set(self._stopped),
            wait=self._wait,
            sleep=sleep_using_event(self._stopped),
            retry=retry_if_exception_type(_TryAgain),
            before_sleep=lambda state: _log(event, state),
            reraise=True,
        )
        try:
            return retrying(self._attempt, binary_headers(event), event.data)
        except _TryAgain as error:
            raise DeliveryError(
                f"event {event.id}: expected {self._sink} to accept it within {self._budget:g} s, "
                f"the last attempt said {error}"
            ) from error

    def close(self) -> None:
        """End attempts that wait, and the connections."""
        self._stopped.set()
        self._client.close()

    def _attempt(self, headers: dict[str, str], body: bytes) -> Answer:
        code, seconds = "error", 0.0
        try:
            response = self._client.post(self._sink, headers=headers, content=body)
            code, seconds = str(response.status_code), response.elapsed.total_seconds()
        except httpx.TransportError as error:
            raise _TryAgain(code, f"{type(error).__name__} {error}".strip()) from error
        finally:
            self._observe(code, seconds)
        if response.is_success or response.status_code in POISON:
            return Answer(response.status_code, response.text[:500])
        detail = f"{response.status_code} {response.text[:200]}".strip()
        raise _TryAgain(code, detail, _retry_after(response.headers.get("retry-after", "")))

    def _wait(self, state: RetryCallState) -> float:
        """Exponential with jitter; at least what the sink asked for, within the budget."""
        backoff = wait_exponential_jitter(multiplier=0.1, max=_LONGEST_WAIT, jitter=0.1)(state)
        error = state.outcome.exception() if state.outcome else None
        asked = error.after if isinstance(error, _TryAgain) else 0.0
        return max(backoff, min(asked, self._budget))


def ce_overrides(text: str | None) -> dict[str, str]:
    """The extensions of K_CE_OVERRIDES. Raises ConfigError when it is not what SinkBinding sets."""
    if text is None:
        return {}
    try:
        extensions = json.loads(text).get("extensions") or {}
        if all(isinstance(value, str) for value in extensions.values()):
            return dict(extensions)
    except (ValueError, AttributeError) as error:
        raise ConfigError(_expected(text)) from error
    raise ConfigError(_expected(text))


def _expected(text: str) -> str:
    return f'K_CE_OVERRIDES: expected {{"extensions": {{"name": "text"}}}}, was {text!r}'


def _retry_after(text: str) -> float:
    """Seconds; the form with a date is not worth a clock comparison and reads as 0."""
    return float(text) if text.strip().isdigit() else 0.0


def _log(event: CloudEvent, state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    level = logging.WARNING if state.attempt_number in (1, 5) else logging.DEBUG
    logger.log(level, "retry event=%s attempt=%d said=%s", event.id, state.attempt_number, error)
