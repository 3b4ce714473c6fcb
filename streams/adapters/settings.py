"""Settings of every process, read once from the environment and `.env`.

Names and defaults are the table in the README (a test compares them).
"""

from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from streams.domain.errors import ConfigError
from streams.domain.interval import parse_intervals


class Settings(BaseSettings):
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
    home: Path = Field(default=Path(".tapedeck"), validation_alias="TAPEDECK_HOME")
    """Data, state, pid files and logs of this machine's Tapedeck."""
    intervals: str = Field(default="1m,5m,15m", validation_alias="TAPEDECK_INTERVALS")
    """Bar intervals, all built in one step."""
    signal_intervals: str = Field(default="5m", validation_alias="TAPEDECK_SIGNAL_INTERVALS")
    """The intervals whose bars may raise signals."""
    ema_mode: Literal["seeded", "debs"] = Field(
        default="seeded", validation_alias="TAPEDECK_EMA_MODE"
    )
    """`seeded`: EMAs start from the first close; `debs`: from 0, as DEBS 2022 defines them."""
    grace_ms: int = Field(default=0, ge=0, le=86_400_000, validation_alias="TAPEDECK_GRACE")
    """How long after its end a bar still takes ticks, in ms of event time."""
    topic_prefix: str = Field(
        default="", pattern=r"^[A-Za-z0-9._-]{0,64}$", validation_alias="TAPEDECK_TOPIC_PREFIX"
    )
    """Put before every topic and consumer group."""
    partitions: int = Field(default=12, ge=1, le=1000, validation_alias="TAPEDECK_PARTITIONS")
    """Partitions of every topic when it is made; fixed for good, it maps keys to state."""
    metrics_port: int | None = Field(
        default=None, ge=0, le=65535, validation_alias="TAPEDECK_METRICS_PORT"
    )
    """Serve Prometheus metrics on this port of 127.0.0.1 (0: a free one); without it, none."""
    log_level: str = Field(default="INFO", validation_alias="TAPEDECK_LOG_LEVEL")
    """Level of the log on standard error."""

    @cached_property
    def interval_lengths(self) -> dict[str, int]:
        """{name: milliseconds}, shortest first."""
        return parse_intervals(self.intervals)

    @property
    def intervals_key(self) -> str:
        """The canonical name of the set of intervals; state made with another one is refused."""
        return ",".join(self.interval_lengths)

    @cached_property
    def signal_interval_names(self) -> tuple[str, ...]:
        """Names of the intervals that may raise signals; each must be among `intervals`."""
        names = tuple(parse_intervals(self.signal_intervals))
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
    return settings


def _explain(error: ValidationError) -> str:
    """One line per bad variable; the value of a secret is never repeated."""
    return "; ".join(
        f"{'.'.join(map(str, item['loc']))}: {item['msg'].lower()}, was {item['input']!r}"
        for item in error.errors(include_url=False, include_context=False)
    )
