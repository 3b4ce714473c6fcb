"""Who is told what, and when: the rules of notifications, without any way to tell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from streams.domain.message_template import MessageTemplate
from streams.domain.quiet_hours import QuietHours

SEVERITIES = ("low", "medium", "high", "critical")
LOUD = frozenset({"high", "critical"})
"""Anomalies of these are told without any rule."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What routes look at; `severity` is None for what has none."""

    symbol: str
    kind: str
    side: str
    interval: str
    strength: float
    severity: str | None = None
    anomaly: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """Where findings go that match every condition; an empty condition matches all.

    `symbols` and `kinds` are globs. No channels: nobody is told. `goes_on`: later routes add
    theirs; otherwise this one decides.
    """

    channels: tuple[str, ...]
    symbols: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    sides: frozenset[str] = frozenset()
    severities: frozenset[str] = frozenset()
    intervals: frozenset[str] = frozenset()
    min_strength: float = 0.0
    goes_on: bool = False

    def matches(self, finding: Finding) -> bool:
        return (
            _like(finding.symbol, self.symbols)
            and _like(finding.kind, self.kinds)
            and (not self.sides or finding.side in self.sides)
            and (not self.severities or finding.severity in self.severities)
            and (not self.intervals or finding.interval in self.intervals)
            and finding.strength >= self.min_strength
        )


def channels_for(
    finding: Finding, routes: Sequence[Route], default: Sequence[str]
) -> tuple[str, ...]:
    """The channels to tell, each once; none when it is nobody's business.

    Routes are asked in their order until one matches that does not go on. What no route matches
    goes to `default`, but for anomalies that are neither high nor critical.
    """
    chosen: list[str] = []
    matched = False
    for route in routes:
        if route.matches(finding):
            matched = True
            chosen.extend(route.channels)
            if not route.goes_on:
                break
    if not matched:
        told = not finding.anomaly or finding.severity in LOUD
        chosen = list(default) if told else []
    return tuple(dict.fromkeys(chosen))


@dataclass(frozen=True, slots=True)
class Digesting:
    """Collect for `every_ms`, or until `most` are there; severities in `loud` do not wait."""

    every_ms: int
    most: int
    loud: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Wording:
    """The templates of one channel; None: the usual words."""

    subject: MessageTemplate | None = None
    text: MessageTemplate | None = None
    digest_subject: MessageTemplate | None = None
    digest_text: MessageTemplate | None = None


@dataclass(frozen=True, slots=True)
class ChannelRules:
    """How one channel is told. `most`: how many one message may hold after quiet hours."""

    wording: Wording = Wording()
    digest: Digesting | None = None
    quiet: QuietHours | None = None
    most: int = 100

    def hold(self, severity: str | None, now_ms: int) -> tuple[str, int] | None:
        """Why and until when (epoch ms) to wait: `quiet` or `digest`; None: tell it now."""
        if self.quiet is not None and severity not in self.quiet.loud:
            end = self.quiet.until(now_ms)
            if end is not None:
                return "quiet", end
        if self.digest is not None and severity not in self.digest.loud:
            return "digest", now_ms + self.digest.every_ms
        return None


@dataclass(frozen=True, slots=True)
class NotifyRules:
    """All of them; without a configuration: everything to every channel at once."""

    routes: tuple[Route, ...] = ()
    channels: Mapping[str, ChannelRules] = field(default_factory=dict)

    def of(self, channel: str) -> ChannelRules:
        return self.channels.get(channel, ChannelRules())


def _like(text: str, globs: Sequence[str]) -> bool:
    return not globs or any(fnmatchcase(text, glob) for glob in globs)
