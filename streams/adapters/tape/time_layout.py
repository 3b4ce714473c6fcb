"""How a time is written: its digits' places, read once from its pattern.

A pattern is the text with every digit as 9: `2022-01-31 09:30:00.5` is `9999-99-99 99:99:99.9`.
Files have one or two patterns per column, so the places are found once and the digits of all rows
are then read with array arithmetic.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

DateOrder = Literal["dmy", "mdy"]
Unit = Literal["s", "ms", "us", "ns"]
Span = tuple[int, int]

_DATE = (
    r"(?:(?P<Y>9999)(?P<sep>[-/.])(?P<M>99?)(?P=sep)(?P<D>99?)"
    r"|(?P<A>99?)(?P<sep2>[-/.])(?P<B>99?)(?P=sep2)(?P<Y2>9999)"
    r"|(?P<Y3>9999)(?P<M3>99)(?P<D3>99))"
)
_CLOCK = (
    r"(?:(?P<h>99?):(?P<m>99)(?::(?P<s>99)(?:[.,](?P<f>9{1,9}))?)?"
    r"|(?P<h2>99)(?P<m2>99)(?P<s2>99)(?:[.,]?(?P<f2>9{1,9}))?)"
)
_ZONE = r"(?P<zone>Z| ?UTC| ?GMT| ?[+-]99(?::?99)?)"
_DATETIME = re.compile(rf" *{_DATE}(?:[T _]+{_CLOCK}{_ZONE}?)? *")
_COMPACT = re.compile(
    r" *(?P<Y3>9999)(?P<M3>99)(?P<D3>99)(?P<h2>99)(?P<m2>99)(?P<s2>99)(?P<f2>999)? *"
)
_TIME_OF_DAY = re.compile(rf" *{_CLOCK} *")
_EPOCH = re.compile(r" *(?P<n>9{1,19})(?:\.(?P<f>9+))? *")


@dataclass(frozen=True, slots=True)
class Layout:
    """Spans of the digits of each part; None where the text does not say."""

    year: Span | None = None
    month: Span | None = None
    day: Span | None = None
    hour: Span | None = None
    minute: Span | None = None
    second: Span | None = None
    fraction: Span | None = None
    epoch: Span | None = None
    zone: Span | None = None
    west: bool = False
    day_first_unknown: bool = False

    @property
    def zoned(self) -> bool:
        return self.zone is not None or self.epoch is not None

    @property
    def resolution(self) -> int:
        """Nanoseconds between two times that this writing can tell apart; 0 for an epoch."""
        if self.epoch is not None:
            return 0
        if self.fraction is not None:
            return int(10 ** (9 - (self.fraction[1] - self.fraction[0])))
        seconds = 1 if self.second else 60 if self.minute else 86_400
        return seconds * 1_000_000_000


@lru_cache(maxsize=4096)
def layout(pattern: str, order: DateOrder | None, epoch: bool = False) -> Layout | None:
    """The layout of a pattern, or None when it is no time.

    `order` settles `99/99/9999`; without it such a layout is marked `day_first_unknown`. `epoch`:
    the column's name says that it counts from 1970, so 8 or 14 digits are no date.
    """
    pattern = pattern.upper()
    match = None if epoch else _DATETIME.fullmatch(pattern) or _COMPACT.fullmatch(pattern)
    if match is not None:
        return _from_date(match, order)
    match = _EPOCH.fullmatch(pattern)
    return None if match is None else Layout(epoch=match.span("n"), fraction=_span(match, "f"))


@lru_cache(maxsize=4096)
def time_of_day(pattern: str) -> Layout | None:
    """The layout of `99:99:99.999` and the like."""
    match = _TIME_OF_DAY.fullmatch(pattern)
    if match is None:
        return None
    clock = _clock(match)
    return Layout(hour=clock["hour"], minute=clock["minute"], second=clock["second"])


@lru_cache(maxsize=4096)
def debs_date(pattern: str) -> Layout | None:
    """`DD-MM-YYYY` and nothing else."""
    return Layout(day=(0, 2), month=(3, 5), year=(6, 10)) if pattern == "99-99-9999" else None


@lru_cache(maxsize=4096)
def debs_time(pattern: str) -> Layout | None:
    """`HH:MM:SS` with one to nine digits of a fraction, or none."""
    if re.fullmatch(r"99:99:99(\.9{1,9})?", pattern) is None:
        return None
    fraction = (9, len(pattern)) if len(pattern) > 8 else None
    return Layout(hour=(0, 2), minute=(3, 5), second=(6, 8), fraction=fraction)


def _from_date(match: re.Match[str], order: DateOrder | None) -> Layout:
    found = match.groupdict()
    if found.get("A") is not None:
        first, second = match.span("A"), match.span("B")
        day, month = (second, first) if order == "mdy" else (first, second)
        date = {"year": match.span("Y2"), "month": month, "day": day}
    else:
        number = "" if found.get("Y") is not None else "3"
        date = {
            "year": match.span(f"Y{number}"),
            "month": match.span(f"M{number}"),
            "day": match.span(f"D{number}"),
        }
    zone = found.get("zone")
    clock = _clock(match)
    return Layout(
        **date,
        hour=clock["hour"],
        minute=clock["minute"],
        second=clock["second"],
        fraction=clock["fraction"],
        zone=match.span("zone") if zone else None,
        west=bool(zone and "-" in zone),
        day_first_unknown=found.get("A") is not None and order is None,
    )


def _clock(match: re.Match[str]) -> dict[str, Span | None]:
    number = "2" if match.groupdict().get("h2") is not None else ""
    parts = {"hour": "h", "minute": "m", "second": "s", "fraction": "f"}
    return {part: _span(match, f"{group}{number}") for part, group in parts.items()}


def _span(match: re.Match[str], group: str) -> Span | None:
    return match.span(group) if match.groupdict().get(group) is not None else None
