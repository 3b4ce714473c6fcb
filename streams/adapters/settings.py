"""Settings of every process, read once from the environment and `.env`.

Names and defaults are the table in the README (a test compares them).
"""

from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import SettingsConfigDict

from streams.adapters.settings_feeds import FeedSettings
from streams.domain.errors import ConfigError
from streams.domain.interval import duration_ms, parse_intervals

CHANNELS = ("console", "file", "webhook", "slack", "email", "telegram", "apprise")
"""The ways to people that `functions.notify` knows."""


def _channels(names: str) -> str:
    unknown = sorted({name.strip() for name in names.split(",")} - {"", *CHANNELS})
    if unknown:
        raise ValueError(f"expected names among {', '.join(CHANNELS)}")
    return names


class Settings(FeedSettings):
    """One frozen set of settings per process; secrets do not show in its repr."""

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    kafka_bootstrap_servers: str | None = Field(
        default=None, validation_alias="KAFKA_BOOTSTRAP_SERVERS"
    )
    """Kafka to use; without it the embedded one."""
    database_url: SecretStr | None = Field(default=None, validation_alias="DATABASE_URL")
    """PostgreSQL to use (`postgresql://...`); without it the embedded one."""
    redis_url: SecretStr | None = Field(default=None, validation_alias="REDIS_URL")
    """Redis to use; without it the embedded one where there is one. A cache, never the truth."""
    sink: str | None = Field(default=None, validation_alias="K_SINK")
    """Where `run deliver` posts CloudEvents; Knative's SinkBinding sets it."""
    ce_overrides: str | None = Field(default=None, validation_alias="K_CE_OVERRIDES")
    """Extensions for every posted CloudEvent as `{"extensions": {...}}`; SinkBinding sets it."""
    ca_certs: str | None = Field(default=None, validation_alias="K_CA_CERTS")
    """PEM certificates to trust when `K_SINK` is https; SinkBinding sets it."""
    deliver_retry: float = Field(default=300, gt=0, validation_alias="TAPEDECK_DELIVER_RETRY")
    """Seconds that `run deliver` tries one event before it stops with an error."""
    deliver_lanes: int = Field(default=16, ge=1, le=256, validation_alias="TAPEDECK_DELIVER_LANES")
    """Posts that `run deliver` has under way at a time; those of one symbol never overlap."""
    broker_port: int = Field(default=8090, ge=0, le=65535, validation_alias="TAPEDECK_BROKER_PORT")
    """Port of `tapedeck serve`'s broker on 127.0.0.1 (0: a free one)."""
    function_ports: str = Field(default="", validation_alias="TAPEDECK_FUNCTION_PORTS")
    """Ports of `tapedeck serve`'s functions where they are not the usual, as `notify=9091,...`."""
    notify_channels: Annotated[str, BeforeValidator(_channels)] = Field(
        default="console", validation_alias="TAPEDECK_NOTIFY_CHANNELS"
    )
    """Where notifications go: any of console, file, webhook, slack, email, telegram, apprise."""
    notify_file: Path | None = Field(default=None, validation_alias="TAPEDECK_NOTIFY_FILE")
    """JSON lines of the file channel; without it `notifications.jsonl` in `TAPEDECK_HOME`."""
    notify_webhook_url: SecretStr | None = Field(
        default=None, validation_alias="TAPEDECK_NOTIFY_WEBHOOK_URL"
    )
    """Where the webhook channel posts each notification as JSON."""
    notify_slack_url: SecretStr | None = Field(
        default=None, validation_alias="TAPEDECK_NOTIFY_SLACK_URL"
    )
    """The incoming webhook of the slack channel (Mattermost and Rocket.Chat have the same)."""
    notify_email_url: SecretStr | None = Field(
        default=None, validation_alias="TAPEDECK_NOTIFY_EMAIL_URL"
    )
    """The mail server: `smtp://user:password@host:587/?from=a@b.c&to=d@e.f,g@h.i`."""
    notify_telegram_url: SecretStr | None = Field(
        default=None, validation_alias="TAPEDECK_NOTIFY_TELEGRAM_URL"
    )
    """The bot and chats of the telegram channel: `tgram://TOKEN/CHAT_ID`."""
    notify_apprise_urls: SecretStr | None = Field(
        default=None, validation_alias="TAPEDECK_NOTIFY_APPRISE_URLS"
    )
    """Apprise URLs of the apprise channel, separated by spaces."""
    notify_cooldown: int = Field(default=300, ge=0, validation_alias="TAPEDECK_NOTIFY_COOLDOWN")
    """Seconds of event time in which a symbol's further signals of one kind are held back."""
    notify_cold: bool = Field(default=False, validation_alias="TAPEDECK_NOTIFY_COLD")
    """Also notify of signals whose indicators are still warming up."""
    ingest_api_key: SecretStr | None = Field(
        default=None, validation_alias="TAPEDECK_INGEST_API_KEY"
    )
    """The key that `POST /ingest` asks for; without it everybody may post."""
    ingest_rate: str = Field(default="", validation_alias="TAPEDECK_INGEST_RATE")
    """Requests to `POST /ingest` that one client may make, such as `1000/second`."""
    ingest_ahead_ms: Annotated[int, BeforeValidator(duration_ms)] = Field(
        default=86_400_000, ge=0, validation_alias="TAPEDECK_INGEST_AHEAD"
    )
    """How far after the clock the time of what is posted may be: ms, or `1h`, `1d`."""
    trusted_proxies: int = Field(
        default=0, ge=0, le=16, validation_alias="TAPEDECK_TRUSTED_PROXIES"
    )
    """Proxies before a function whose `X-Forwarded-*` headers are believed."""
    config: Path | None = Field(default=None, validation_alias="TAPEDECK_CONFIG")
    """A TOML file with what is too long for a variable: indicators, rules, routes, templates."""
    archive_ticks: bool = Field(default=True, validation_alias="TAPEDECK_ARCHIVE_TICKS")
    """Store raw ticks too; without them bars, indicators and signals are all there is."""
    home: Path = Field(default=Path(".tapedeck"), validation_alias="TAPEDECK_HOME")
    """Data, state, pid files and logs of this machine's Tapedeck."""
    models: Path | None = Field(default=None, validation_alias="TAPEDECK_MODELS")
    """Folder of the trained models; without it `models` in `TAPEDECK_HOME`."""
    auto_train: bool = Field(default=True, validation_alias="TAPEDECK_AUTO_TRAIN")
    """`run predict` trains models of its own accord, in the background, where none fit."""
    vote_margin: float = Field(default=0.02, ge=0, lt=0.5, validation_alias="TAPEDECK_VOTE_MARGIN")
    """Models vote NEUTRAL while the probability of UP is within so much of 0.5."""
    intervals: str = Field(default="1m,5m,15m", validation_alias="TAPEDECK_INTERVALS")
    """Bar intervals, all built in one step."""
    signal_intervals: str = Field(default="5m", validation_alias="TAPEDECK_SIGNAL_INTERVALS")
    """The intervals whose bars may raise signals."""
    ema_mode: Literal["seeded", "debs"] = Field(
        default="seeded", validation_alias="TAPEDECK_EMA_MODE"
    )
    """`seeded`: EMAs start from the first close; `debs`: from 0, as DEBS 2022 defines them."""
    grace_ms: Annotated[int, BeforeValidator(duration_ms)] = Field(
        default=0, ge=0, le=86_400_000, validation_alias="TAPEDECK_GRACE"
    )
    """How long after its end a bar still takes ticks: ms of event time, or `2s`, `1m`."""
    idle_ms: Annotated[int, BeforeValidator(duration_ms)] = Field(
        default=2_000, ge=0, le=3_600_000, validation_alias="TAPEDECK_IDLE"
    )
    """How long after its end an open bar of a silent live symbol closes: ms, or `2s`."""
    topic_prefix: str = Field(
        default="", pattern=r"^[A-Za-z0-9._-]{0,64}$", validation_alias="TAPEDECK_TOPIC_PREFIX"
    )
    """Put before every topic and consumer group."""
    partitions: int = Field(default=12, ge=1, le=1000, validation_alias="TAPEDECK_PARTITIONS")
    """Partitions of every topic when it is made; fixed for good, it maps keys to state."""
    host: str = Field(default="127.0.0.1", validation_alias="TAPEDECK_HOST")
    """Address that the dashboard, the local broker and `/metrics` listen on; 0.0.0.0 in images."""
    metrics_port: int | None = Field(
        default=None, ge=0, le=65535, validation_alias="TAPEDECK_METRICS_PORT"
    )
    """Port of a pipeline's Prometheus metrics on 127.0.0.1 (0: any free one); without it 9101 for
    bars, 9102 signals, 9103 archive, 9104 deliver, 9105 predict, or a free one where that is
    taken."""
    query_origins: str = Field(
        default="",
        pattern=r"^(\*|(https?://[^/,\s]+(\s*,\s*)?)*)$",
        validation_alias="TAPEDECK_QUERY_ORIGINS",
    )
    """Origins whose web pages may read the REST API, `https://a.example,...`, or `*`."""
    panel_origins: str = Field(
        default="",
        pattern=r"^[^/\s]*(\s*,\s*[^/\s,]+)*$",
        validation_alias="TAPEDECK_PANEL_ORIGINS",
    )
    """`host:port,...` of pages that may connect to the dashboard beside its own; `*`: any."""
    panel_basic_auth: SecretStr | None = Field(
        default=None, validation_alias="TAPEDECK_PANEL_BASIC_AUTH"
    )
    """The dashboard's login: `user:password`, or a JSON file `{"user": "password"}`."""
    panel_oauth_provider: str | None = Field(
        default=None, validation_alias="TAPEDECK_PANEL_OAUTH_PROVIDER"
    )
    """A login by OAuth: one of Panel's providers, such as `github`, `azure` or `okta`."""
    panel_oauth_key: str | None = Field(default=None, validation_alias="TAPEDECK_PANEL_OAUTH_KEY")
    """The client id that the OAuth provider gave."""
    panel_oauth_secret: SecretStr | None = Field(
        default=None, validation_alias="TAPEDECK_PANEL_OAUTH_SECRET"
    )
    """The client secret that the OAuth provider gave."""
    panel_oauth_redirect_uri: str | None = Field(
        default=None, validation_alias="TAPEDECK_PANEL_OAUTH_REDIRECT_URI"
    )
    """Where the OAuth provider sends people back to, where it is not the dashboard's own URL."""
    panel_cookie_secret: SecretStr | None = Field(
        default=None, validation_alias="TAPEDECK_PANEL_COOKIE_SECRET"
    )
    """Signs the login's cookie: the same on all replicas; without it one for this start."""
    ws_token: SecretStr | None = Field(default=None, validation_alias="TAPEDECK_WS_TOKEN")
    """What clients of the public WebSocket must know; without it everybody may read."""
    ws_clients: int = Field(default=500, ge=1, le=100_000, validation_alias="TAPEDECK_WS_CLIENTS")
    """Clients of the public WebSocket at a time."""
    ws_symbols: int = Field(default=200, ge=1, le=100_000, validation_alias="TAPEDECK_WS_SYMBOLS")
    """Symbols that one client of the public WebSocket may subscribe to; `*` counts as one."""
    ws_rate: float = Field(default=4, gt=0, le=50, validation_alias="TAPEDECK_WS_RATE")
    """Updates a second of one series to one client of the public WebSocket."""
    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], BeforeValidator(str.upper)
    ] = Field(default="INFO", validation_alias="TAPEDECK_LOG_LEVEL")
    """Level of the log on standard error."""

    @cached_property
    def channel_names(self) -> tuple[str, ...]:
        """Those of `notify_channels` in their order, each once."""
        names = (name.strip() for name in self.notify_channels.split(","))
        return tuple(dict.fromkeys(name for name in names if name))

    @cached_property
    def interval_lengths(self) -> dict[str, int]:
        """{name: milliseconds}, shortest first."""
        return _parse_intervals("TAPEDECK_INTERVALS", self.intervals)

    @cached_property
    def intervals_key(self) -> str:
        """The canonical name of the set of intervals; state made with another one is refused."""
        return ",".join(self.interval_lengths)

    @cached_property
    def signal_interval_names(self) -> tuple[str, ...]:
        """Names of the intervals that may raise signals; each must be among `intervals`."""
        names = tuple(_parse_intervals("TAPEDECK_SIGNAL_INTERVALS", self.signal_intervals))
        missing = [name for name in names if name not in self.interval_lengths]
        if missing:
            raise ConfigError(
                f"TAPEDECK_SIGNAL_INTERVALS: expected names among TAPEDECK_INTERVALS "
                f"({','.join(self.interval_lengths)}), was {','.join(missing)}"
            )
        return names


def load_settings() -> Settings:
    """Read the settings; raises ConfigError that names the variable, what it expects and was."""
    try:
        settings = Settings()  # every field has a default or comes from the environment
    except ValidationError as error:
        raise ConfigError(_explain(error)) from None
    _ = settings.signal_interval_names
    if settings.home.exists() and not settings.home.is_dir():
        raise ConfigError(f"TAPEDECK_HOME: expected a folder, was a file: {settings.home}")
    return settings


def _parse_intervals(variable: str, names: str) -> dict[str, int]:
    try:
        return parse_intervals(names)
    except ConfigError as error:
        raise ConfigError(f"{variable}: {error}") from error


def _explain(error: ValidationError) -> str:
    """One line per bad variable; the value of a secret is never repeated."""
    return "; ".join(
        f"{'.'.join(map(str, item['loc']))}: {_plain(item['msg'])}, was {item['input']!r}"
        for item in error.errors(include_url=False, include_context=False)
    )


def _plain(text: str) -> str:
    return text.removeprefix("Value error, ").lower()
