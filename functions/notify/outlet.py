"""One channel with what keeps it from harming others: a thread of its own, retries, a breaker."""

import logging
import time
import traceback
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextvars import copy_context
from dataclasses import dataclass
from threading import Lock, Thread

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt
from tenacity.wait import wait_exponential, wait_random

from functions.notify.breaker import Breaker
from functions.notify.channels.channel import Channel, TransientError
from functions.notify.message import Told
from streams.domain.errors import DeliveryError

logger = logging.getLogger(__name__)

_REMEMBERED = 10_000
_UNDER_WAY = 8
_TRIES = 3
_TRY_UNTIL = 4.0  # seconds: a try after that would not end before the event's deadline
_WAIT = wait_exponential(multiplier=0.1, max=1.0) + wait_random(0.0, 0.1)
_LONGEST_WAIT = 2.0


@dataclass(frozen=True, slots=True)
class Answer:
    """The channel has it: since when, and what it remarked."""

    at_ms: int
    remark: str | None = None


class LeftAloneError(DeliveryError):
    """The channel was not even tried."""


class Outlet:
    """Sends each message once per process, whatever became of the request that wanted it.

    A message that is under way is waited for and not sent again; one that was accepted is known.
    """

    def __init__(
        self,
        channel: Channel,
        breaker: Breaker | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.name = channel.name
        self.breaker = breaker or Breaker()
        self._channel = channel
        self._now = now
        self._lock = Lock()
        self._accepted: OrderedDict[str, Answer] = OrderedDict()
        self._flying: dict[str, Future[Answer]] = {}

    def start(self, message: Told) -> Future[Answer]:
        """Have it sent; the future raises DeliveryError when it was not accepted."""
        with self._lock:
            future: Future[Answer] = Future()
            if answer := self._accepted.get(message.key):
                future.set_result(answer)
                return future
            if flying := self._flying.get(message.key):
                return flying
            if refusal := self._refusal():
                future.set_exception(LeftAloneError(refusal))
                return future
            self._flying[message.key] = future
        work = (self._work, message, future)
        Thread(target=copy_context().run, args=work, name=f"to-{self.name}", daemon=True).start()
        return future

    def answer(self, future: Future[Answer], seconds: float) -> Answer:
        """Wait for what `start` gave. Raises DeliveryError, also when it takes too long."""
        try:
            return future.result(max(0.0, seconds))
        except FutureTimeoutError:
            self.breaker.failed()
            raise DeliveryError(f"{self.name}: no answer in time, still waiting") from None

    def _refusal(self) -> str | None:
        if left := self.breaker.left():
            return (
                f"{self.name}: failed {self.breaker.failures} times in a row, "
                f"left alone for {left:.0f} s"
            )
        if len(self._flying) >= _UNDER_WAY:
            return f"{self.name}: {_UNDER_WAY} messages are under way already"
        return None

    def _work(self, message: Told, future: Future[Answer]) -> None:
        try:
            answer = Answer(int(self._now() * 1_000), self._send(message))
        except Exception as error:
            self._end(message)
            failure = self._failure(error)
            self.breaker.failed(getattr(failure, "after", None))
            future.set_exception(failure)
        else:
            self._end(message, answer)
            self.breaker.succeeded()
            future.set_result(answer)

    def _send(self, message: Told) -> str | None:
        tries = Retrying(
            retry=retry_if_exception(_soon),
            stop=lambda state: (
                stop_after_attempt(_TRIES)(state) or (state.seconds_since_start or 0) > _TRY_UNTIL
            ),
            wait=_wait,
            reraise=True,
        )
        return tries(self._channel.send, message)

    def _end(self, message: Told, answer: Answer | None = None) -> None:
        with self._lock:
            del self._flying[message.key]
            if answer is not None:
                self._accepted[message.key] = answer
                while len(self._accepted) > _REMEMBERED:
                    self._accepted.popitem(last=False)

    def _failure(self, error: Exception) -> DeliveryError:
        """A fault of a library or of ours fails this channel only; its text may hold a secret."""
        if isinstance(error, DeliveryError):
            return error
        where = "".join(traceback.format_tb(error.__traceback__))
        logger.error("fault channel=%s %s\n%s", self.name, type(error).__name__, where)
        return DeliveryError(f"{self.name}: unexpected {type(error).__name__}; the log has it")


def _soon(error: BaseException) -> bool:
    return isinstance(error, TransientError) and (error.after or 0) <= _LONGEST_WAIT


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    return max(_WAIT(state), getattr(error, "after", None) or 0.0)
