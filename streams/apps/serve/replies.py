"""What a subscriber's answer means: Eventing's retry table, as measured on the real dispatcher."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from enum import Enum

from streams.adapters.cloud_event import STRUCTURED, CloudEvent, EventError, read_event

NO_ANSWER, TIMED_OUT = 0, -1
_RETRIED = frozenset({NO_ANSWER, TIMED_OUT, 404, 408, 409, 429})


class Verdict(Enum):
    DELIVERED = "delivered"
    RETRY = "retry"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer; status 0 stands for none, -1 for none in time."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What to do with the event that was answered, and the event to send on, if any."""

    verdict: Verdict
    code: int
    reply: CloudEvent | None = None
    bad_reply: str = ""


def judge(answer: Answer) -> Judgement:
    """Sort an answer.

    A 2xx with a body that is no CloudEvent counts as 502, retried: that is what the dispatcher
    does. One that claims to be an event but is broken is passed on, and refused at the ingress.
    """
    if answer.status in _RETRIED or answer.status >= 500:
        code = {NO_ANSWER: 500, TIMED_OUT: 504}.get(answer.status, answer.status)
        return Judgement(Verdict.RETRY, code)
    if not 200 <= answer.status < 300:
        return Judgement(Verdict.REFUSED, answer.status)
    if not _claims_to_be_event(answer):
        failed = bool(answer.body)
        return (
            Judgement(Verdict.RETRY, 502) if failed else Judgement(Verdict.DELIVERED, answer.status)
        )
    try:
        reply = read_event(answer.headers.items(), answer.body)
    except EventError as error:
        return Judgement(Verdict.DELIVERED, answer.status, bad_reply=str(error))
    return Judgement(Verdict.DELIVERED, answer.status, reply)


def retry_after(answer: Answer) -> float | None:
    """Seconds that a 429 or 503 asks to be left alone; None when it does not say so legibly."""
    if answer.status not in (429, 503):
        return None
    text = next((v for n, v in answer.headers.items() if n.lower() == "retry-after"), "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, TypeError):
        return None


def _claims_to_be_event(answer: Answer) -> bool:
    names = {name.lower(): value for name, value in answer.headers.items()}
    return "ce-specversion" in names or names.get("content-type", "").lower().startswith(STRUCTURED)
