"""Quiet hours: spans of local wall-clock time in which nobody wants to be told.

```
 mon-fri 22:00-07:00      Fri 22:00 ─────────┐ Sat 07:00      days are those on which a span starts
 sat-sun 00:00-24:00      Sat 00:00 ───────────────────┐ Mon 00:00
```
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"(?:(?P<days>\S+)\s+)?(?P<start>\d\d:\d\d)-(?P<end>\d\d:\d\d)")
_DAY_MINUTES = 1_440
_LOOK_AHEAD = 9  # spans that follow each other all week have come round by then


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` to `end` (minutes of the day; an end before the start is on the next day)."""

    days: frozenset[int]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class QuietHours:
    """`loud` are the severities that are told all the same."""

    spans: tuple[Span, ...]
    zone: tzinfo = field(default=UTC)
    loud: frozenset[str] = frozenset()

    def until(self, now_ms: int) -> int | None:
        """When it will be quiet no more (epoch ms); None when it is not quiet now."""
        end = now_ms
        today = datetime.fromtimestamp(now_ms / 1_000, self.zone).date()
        for _ in range(_LOOK_AHEAD * max(1, len(self.spans))):
            longer = max((to for since, to in self._around(today) if since <= end < to), default=0)
            if longer <= end:
                break
            end = longer
            today = datetime.fromtimestamp(end / 1_000, self.zone).date()
        return end if end > now_ms else None

    def _around(self, day: date) -> Iterator[tuple[int, int]]:
        """The spans that start on that day or on the one before, as epoch ms."""
        for start in (day - timedelta(days=1), day):
            for span in self.spans:
                if start.weekday() in span.days:
                    after = span.end <= span.start
                    yield self._at(start, span.start), self._at(start, span.end, after=after)

    def _at(self, day: date, minutes: int, *, after: bool = False) -> int:
        days, minute = divmod(minutes, _DAY_MINUTES)
        local = datetime.combine(
            day + timedelta(days=days + after), time(minute // 60, minute % 60), self.zone
        )
        return round(local.timestamp() * 1_000)


def parse_span(text: str) -> Span:
    """`22:00-07:00`, `mon-fri 22:00-07:00` or `sat,sun 00:00-24:00`. Raises ValueError."""
    match = _SPAN.fullmatch(text.strip().lower())
    if match is None:
        raise ValueError(f"expected hours such as 'mon-fri 22:00-07:00', was {text!r}")
    start, end = _minutes(match["start"]), _minutes(match["end"])
    if start in (end, _DAY_MINUTES):
        raise ValueError(f"expected two different times, 00:00-24:00 for a day, was {text!r}")
    return Span(_days(match["days"] or "mon-sun", text), start, end)


def _minutes(text: str) -> int:
    hours, minutes = map(int, text.split(":"))
    if minutes > 59 or hours * 60 + minutes > _DAY_MINUTES:
        raise ValueError(f"expected a time from 00:00 to 24:00, was {text!r}")
    return hours * 60 + minutes


def _days(names: str, text: str) -> frozenset[int]:
    found: set[int] = set()
    for part in names.split(","):
        first, _, last = part.partition("-")
        if first not in DAYS or (last or first) not in DAYS:
            raise ValueError(f"expected days among {', '.join(DAYS)}, was {text!r}")
        start, count = DAYS.index(first), DAYS.index(last or first) - DAYS.index(first)
        found.update((start + step) % 7 for step in range(count % 7 + 1))
    return frozenset(found)
