"""What clients of `/ws` may say, and how they are told that it was wrong."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec

from panel_app.store import DEEP
from streams.domain.tick import MAX_SYMBOL

ALL = "*"
Channel = Literal["bars", "indicators", "signals"]
CHANNELS: tuple[Channel, ...] = ("bars", "indicators", "signals")
_Symbol = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_SYMBOL)]
_Id = str | int | None


class Subscribe(msgspec.Struct, tag_field="type", tag="subscribe", forbid_unknown_fields=True):
    symbols: list[_Symbol] | Literal["*"]
    channels: list[Channel] = msgspec.field(default_factory=lambda: list(CHANNELS))
    intervals: list[str] | None = None
    bars: Annotated[int, msgspec.Meta(ge=0, le=DEEP)] = 100
    """How many bars a snapshot has."""
    id: _Id = None


class Unsubscribe(msgspec.Struct, tag_field="type", tag="unsubscribe", forbid_unknown_fields=True):
    symbols: list[_Symbol] | Literal["*"]
    channels: list[Channel] = msgspec.field(default_factory=lambda: list(CHANNELS))
    intervals: list[str] | None = None
    id: _Id = None


class Ping(msgspec.Struct, tag_field="type", tag="ping", forbid_unknown_fields=True):
    id: _Id = None


class Auth(msgspec.Struct, tag_field="type", tag="auth", forbid_unknown_fields=True):
    token: str
    id: _Id = None


Request = Subscribe | Unsubscribe | Ping | Auth
_TYPES = ("subscribe", "unsubscribe", "ping", "auth")


class BadMessage(Exception):
    """A message that is refused: a code for programs, a detail for people, and its id."""

    def __init__(self, code: str, detail: str, of: object = None) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.id = of if isinstance(of, str | int) else None

    def payload(self) -> dict[str, Any]:
        return {"type": "error", "code": self.code, "detail": self.detail[:300], "id": self.id}


def read_request(text: str | bytes, intervals: Sequence[str]) -> Request:
    """The request; raises BadMessage for what is none, or names an interval that is not built."""
    if isinstance(text, bytes):
        raise BadMessage("bad_json", "expected a text message with a JSON object, was binary")
    try:
        raw = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise BadMessage("bad_json", f"expected a JSON object: {error}") from error
    if not isinstance(raw, dict):
        raise BadMessage("bad_json", f"expected a JSON object, was {type(raw).__name__}")
    of = raw.get("id")
    if raw.get("type") not in _TYPES:
        was = str(raw.get("type"))[:80]
        raise BadMessage("unknown_type", f"type: expected {', '.join(_TYPES)}, was {was}", of)
    if raw.get("symbols") == [ALL]:
        raw["symbols"] = ALL
    try:
        request: Request = msgspec.convert(raw, type=Request)
    except msgspec.ValidationError as error:
        raise BadMessage("bad_message", str(error), of) from error
    if isinstance(request, Subscribe | Unsubscribe):
        _check_intervals(request, intervals)
    return request


def _check_intervals(request: Subscribe | Unsubscribe, intervals: Sequence[str]) -> None:
    unknown = [name for name in request.intervals or () if name not in intervals]
    if unknown:
        detail = f"intervals: expected some of {', '.join(intervals)}, was {unknown[0][:80]}"
        raise BadMessage("unknown_interval", detail, request.id)
