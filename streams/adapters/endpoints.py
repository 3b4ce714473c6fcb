"""Where Kafka, PostgreSQL and Redis are: what the settings name, else the embedded ones."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from streams.adapters.settings import Settings
from streams.domain.errors import ServiceError


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Addresses of the embedded services that are up; None for one that is not."""

    kafka: str | None = None
    database: str | None = None
    redis: str | None = None


def endpoints_file(home: Path) -> Path:
    """Written by `tapedeck services up`, removed by `down`."""
    return home / "run" / "endpoints.json"


def write_endpoints(home: Path, endpoints: Endpoints) -> None:
    path = endpoints_file(home)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(asdict(endpoints)))
    fresh.replace(path)


def read_endpoints(home: Path) -> Endpoints:
    path = endpoints_file(home)
    return Endpoints(**json.loads(path.read_text())) if path.exists() else Endpoints()


def kafka_address(settings: Settings) -> str:
    """`host:port[,host:port]`; raises ServiceError when there is no Kafka to use."""
    address = settings.kafka_bootstrap_servers or read_endpoints(settings.home).kafka
    return _required(address, "Kafka", "KAFKA_BOOTSTRAP_SERVERS")


def database_address(settings: Settings) -> str:
    """A `postgresql://` URL; raises ServiceError when there is no PostgreSQL to use."""
    url = settings.database_url
    address = url.get_secret_value() if url else read_endpoints(settings.home).database
    return _required(address, "PostgreSQL", "DATABASE_URL")


def redis_address(settings: Settings) -> str | None:
    """A `redis://` or `unix://` URL, or None: everything works without Redis."""
    url = settings.redis_url
    return url.get_secret_value() if url else read_endpoints(settings.home).redis


def _required(address: str | None, service: str, variable: str) -> str:
    if address is None:
        raise ServiceError(
            f"{service} is not running: start it with `tapedeck services up` or set {variable}"
        )
    return address
