"""Section `[notify]` of the configuration that `TAPEDECK_CONFIG` names, read once at the start."""

from pathlib import Path

from streams.adapters.config_notify import DigestKeys, QuietKeys, RouteKeys, WordingKeys
from streams.adapters.config_section import Section, read_config
from streams.adapters.settings import CHANNELS
from streams.domain.notify_rules import ChannelRules, NotifyRules, Route

_NOTIFY = ("routes", "templates", "digest", "quiet")


def notify_rules(path: Path | None, channels: tuple[str, ...]) -> NotifyRules:
    """Section `[notify]` of the file, for the channels that are in use; no file: no rules.

    Raises ConfigError, also when a route names a channel that is not in use.
    """
    if path is None:
        return NotifyRules()
    section = Section(path, "notify", read_config(path).get("notify", {}))
    section.only(_NOTIFY)
    return NotifyRules(
        tuple(
            _route(section.deeper(f"routes[{n}]", table), channels)
            for n, table in enumerate(section.tables("routes"), 1)
        ),
        _channel_rules(section),
    )


def _route(section: Section, channels: tuple[str, ...]) -> Route:
    route = section.read(RouteKeys, section.keys).route()
    for channel in route.channels:
        if channel not in channels:
            used = ", ".join(channels) or "none"
            raise section.error(
                "channels", f"expected names among TAPEDECK_NOTIFY_CHANNELS ({used}), was {channel}"
            )
    return route


def _channel_rules(section: Section) -> dict[str, ChannelRules]:
    words = section.per_channel("templates", WordingKeys, WordingKeys.wording)
    digests = section.per_channel("digest", DigestKeys, lambda keys: keys)
    quiets = section.per_channel("quiet", QuietKeys, QuietKeys.quiet_hours)
    return {
        name: ChannelRules(words[name], digests[name].digesting(), quiets[name], digests[name].max)
        for name in CHANNELS
    }
