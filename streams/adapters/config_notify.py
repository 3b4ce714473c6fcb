"""The keys of section `[notify]` of the configuration, and what they become."""

from collections.abc import Mapping
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from streams.domain.errors import ConfigError
from streams.domain.interval import duration_ms, interval_ms, interval_name
from streams.domain.message_template import MessageTemplate, Value, parse_template
from streams.domain.notify_fields import DIGEST_FIELDS, SIGNAL_FIELDS
from streams.domain.notify_rules import Digesting, Route, Wording
from streams.domain.quiet_hours import QuietHours, parse_span

_WEEK_MS = 7 * 86_400_000
Severity = Literal["low", "medium", "high", "critical"]


def _interval(name: str) -> str:
    try:
        return interval_name(interval_ms(name))
    except ConfigError as error:
        raise ValueError(str(error).removeprefix("interval: ")) from None


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        raise ValueError("expected an IANA time zone such as Europe/Amsterdam") from None
    return name


class _Keys(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class RouteKeys(_Keys):
    """One `[[notify.routes]]`."""

    channels: list[str]
    symbols: list[str] = []
    kinds: list[str] = []
    sides: list[Literal["buy", "sell", "neutral"]] = []
    severity: list[Severity] = []
    intervals: list[Annotated[str, AfterValidator(_interval)]] = []
    min_strength: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    go_on: bool = Field(default=False, alias="continue")

    def route(self) -> Route:
        return Route(
            tuple(self.channels),
            tuple(self.symbols),
            tuple(self.kinds),
            frozenset(self.sides),
            frozenset(self.severity),
            frozenset(self.intervals),
            self.min_strength,
            self.go_on,
        )


class WordingKeys(_Keys):
    """`[notify.templates]`."""

    subject: str | None = None
    text: str | None = None
    digest_subject: str | None = None
    digest_text: str | None = None

    def wording(self) -> Wording:
        """Raises ValueError as `key: what is wrong`."""
        return Wording(
            _template("subject", self.subject, SIGNAL_FIELDS),
            _template("text", self.text, SIGNAL_FIELDS),
            _template("digest_subject", self.digest_subject, DIGEST_FIELDS),
            _template("digest_text", self.digest_text, DIGEST_FIELDS),
        )


class DigestKeys(_Keys):
    """`[notify.digest]`; `every` = 0: each by itself, at once."""

    every: Annotated[int, BeforeValidator(duration_ms)] = Field(default=0, ge=0, le=_WEEK_MS)
    max: int = Field(default=100, ge=1, le=1_000)
    loud: list[Severity] = Field(default=[], alias="except")

    def digesting(self) -> Digesting | None:
        return Digesting(self.every, self.max, frozenset(self.loud)) if self.every else None


def _spans(hours: list[str]) -> list[str]:
    spans = tuple(parse_span(text) for text in hours)
    if (QuietHours(spans).until(0) or 0) > _WEEK_MS:
        raise ValueError("expected a moment that is not quiet: a route without channels silences")
    return hours


class QuietKeys(_Keys):
    """`[notify.quiet]`; no `hours`: never quiet."""

    hours: Annotated[list[str], AfterValidator(_spans)] = []
    zone: Annotated[str, AfterValidator(_zone)] = "UTC"
    loud: list[Severity] = Field(default=[], alias="except")

    def quiet_hours(self) -> QuietHours | None:
        if not self.hours:
            return None
        spans = tuple(parse_span(text) for text in self.hours)
        return QuietHours(spans, ZoneInfo(self.zone), frozenset(self.loud))


def _template(key: str, text: str | None, fields: Mapping[str, Value]) -> MessageTemplate | None:
    if text is None:
        return None
    try:
        return parse_template(text, fields)
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from None
