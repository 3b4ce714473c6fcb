"""The options of a feed as they were typed, and what they ask for."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from streams.domain.errors import ConfigError

if TYPE_CHECKING:
    from streams.adapters.feeds.catalogue import Entry, Limits, Mode
    from streams.adapters.feeds.provider import Access
    from streams.adapters.settings import Settings
    from streams.apps.feed.request import FeedRequest

_INTERVALS = ("1min", "5min", "15min", "30min", "60min")
_SILENCE_S = 30.0
_NEWS_EVERY_S = 300.0


@dataclass(frozen=True, slots=True)
class Typed:
    """The options as strings and numbers."""

    provider: str
    symbols: str | None
    names: tuple[str, ...]
    mode: "Mode | None"
    interval: str | None
    every: str
    news: bool
    record: Path | None
    limit: int | None
    duration: str | None
    per_minute: int | None
    per_day: int | None
    silence: str | None
    url: str | None
    news_url: str | None
    dry_run: bool


def feed_request(settings: "Settings", typed: Typed) -> "FeedRequest":
    """What is asked for; raises ConfigError that names the option or the variable."""
    from streams.adapters.feeds.catalogue import PROVIDERS
    from streams.adapters.feeds.provider import Access
    from streams.apps.feed.request import FeedRequest

    entry = PROVIDERS[typed.provider]
    mode = _mode(typed, entry)
    _check_interval(typed, mode)
    names = _names(settings, typed)
    access = _access(settings, typed, entry, mode)
    every = _seconds("--every", typed.every)
    silence = _SILENCE_S if mode == "socket" else max(_SILENCE_S, 3 * every)
    return FeedRequest(
        typed.provider,
        mode,
        access,
        _symbols(typed, names),
        names,
        Access(typed.news_url or str(entry.news_url), access.key) if typed.news else None,
        typed.interval,
        every,
        max(_NEWS_EVERY_S, every) if mode == "poll" else _NEWS_EVERY_S,
        _limits(typed, entry),
        silence if typed.silence is None else _seconds("--silence", typed.silence),
        typed.limit,
        None if typed.duration is None else _seconds("--duration", typed.duration),
        typed.record,
        typed.dry_run,
    )


def _check_interval(typed: Typed, mode: "Mode") -> None:
    if typed.interval is not None and (typed.provider, mode) != ("alphavantage", "poll"):
        raise ConfigError("--interval: expected none but with alphavantage")
    if typed.interval not in (None, *_INTERVALS):
        raise ConfigError(
            f"--interval: expected one of {', '.join(_INTERVALS)}, was {typed.interval!r}"
        )


def _mode(typed: Typed, entry: "Entry") -> "Mode":
    mode = typed.mode or entry.modes[0]
    if mode not in entry.modes:
        raise ConfigError(
            f"--mode: expected {' or '.join(entry.modes)} for {typed.provider}, was {mode}"
        )
    if typed.news and entry.news is None:
        raise ConfigError(f"--news: expected polygon or fmp, {typed.provider} has none here")
    return mode


def _symbols(typed: Typed, names: dict[str, str]) -> tuple[str, ...]:
    """The provider's symbols; a name of ours stands for theirs. Without any those of the map."""
    theirs = {ours: symbol for symbol, ours in names.items()}
    asked = [name.strip() for name in (typed.symbols or "").split(",") if name.strip()]
    found = tuple(dict.fromkeys(theirs.get(name, name) for name in asked or names))
    if not found:
        raise ConfigError("--symbols: expected some such as AAPL,MSFT, was none")
    return found


def _names(settings: "Settings", typed: Typed) -> dict[str, str]:
    """What we call their symbols: the file's, and over them the options'."""
    from streams.adapters.config_feed import feed_symbols
    from streams.domain.screen import symbol_fault

    names = feed_symbols(settings.config)
    for pair in typed.names:
        theirs, equals, ours = (part.strip() for part in pair.partition("="))
        fault = symbol_fault(ours) if theirs and equals else "expected THEIRS=OURS"
        if fault is not None:
            raise ConfigError(f"--map: {fault}, was {pair!r}")
        names[theirs] = ours
    return names


def _access(settings: "Settings", typed: Typed, entry: "Entry", mode: "Mode") -> "Access":
    """Where, and with which key; raises ConfigError that names the variable that is missing."""
    from streams.adapters.feeds.provider import Access

    key = None
    if entry.key is not None:
        secret = getattr(settings, entry.key)
        if secret is None:
            raise ConfigError(
                f"{entry.key.upper()}: expected the key that {typed.provider} gave you, was not set"
            )
        key = secret.get_secret_value()
    url = typed.url or (entry.url if mode == "socket" else entry.poll_url)
    if url is None and entry.address is not None:
        url = getattr(settings, entry.address)
        if url is None:
            raise ConfigError(
                f"{entry.address.upper()}: expected the WebSocket URL that {typed.provider} "
                "shows in your dashboard, was not set"
            )
    wanted = ("ws://", "wss://") if mode == "socket" else ("http://", "https://")
    if not str(url).startswith(wanted):
        raise ConfigError(f"--url: expected {' or '.join(wanted)}..., was {str(url)[:80]!r}")
    return Access(str(url), key)


def _limits(typed: Typed, entry: "Entry") -> "Limits":
    """The plan's, where it is said; else those of the provider's lowest plan."""
    if typed.per_minute is None and typed.per_day is None:
        return entry.limits
    told = ((typed.per_minute, 60.0), (typed.per_day, 86_400.0))
    return tuple((count, seconds) for count, seconds in told if count is not None)


def _seconds(option: str, text: str) -> float:
    from streams.domain.interval import duration_ms

    try:
        found = duration_ms(text) / 1_000
    except ValueError as error:
        raise ConfigError(f"{option}: {error}, was {text!r}") from error
    if found <= 0:
        raise ConfigError(f"{option}: expected more than nothing, was {text!r}")
    return found
