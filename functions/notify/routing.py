"""Where a notification goes, when, and in which words: the rules applied to what came."""

from collections.abc import Sequence
from dataclasses import dataclass

from functions.notify.message import Message
from functions.notify.notification import Notification
from functions.notify.words import digest_of, message_of
from streams.domain.notify_rules import Finding, NotifyRules, channels_for


@dataclass(frozen=True, slots=True)
class Routing:
    """`channels` are those in use; `cold`: signals that are still warming up are told too."""

    rules: NotifyRules
    channels: tuple[str, ...]
    cold: bool

    def channels_of(self, notification: Notification) -> tuple[str, ...]:
        """Those to tell; none when it is nobody's business."""
        s = notification.signal
        if not (s.warm or self.cold):
            return ()
        finding = Finding(
            s.symbol,
            s.kind,
            s.side.value,
            s.interval,
            s.strength,
            notification.severity,
            notification.anomaly,
        )
        return channels_for(finding, self.rules.routes, self.channels)

    def hold(self, channel: str, notification: Notification, now_ms: int) -> tuple[str, int] | None:
        """Why and until when it waits there; None: it is told now."""
        return self.rules.of(channel).hold(notification.severity, now_ms)

    def message(self, channel: str, notification: Notification) -> Message:
        return message_of(notification, self.rules.of(channel).wording)

    def digest(self, channel: str, name: str, told: Sequence[Notification]) -> Message:
        return digest_of(name, told, self.rules.of(channel).wording)
