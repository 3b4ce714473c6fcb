"""The three services, and which of them are ours to start."""

import fcntl
from collections.abc import Iterator, Set
from contextlib import contextmanager
from pathlib import Path

from streams.adapters.endpoints import Endpoints
from streams.adapters.services.kafka_server import KafkaServer
from streams.adapters.services.ports import remembered_ports
from streams.adapters.services.postgres_server import PostgresServer
from streams.adapters.services.process import running_pid
from streams.adapters.services.redis_server import RedisServer
from streams.adapters.services.service import Place, Service
from streams.adapters.settings import Settings
from streams.domain.errors import ConfigError, ServiceError

SERVICES: tuple[Service, ...] = (KafkaServer(), PostgresServer(), RedisServer())
OPTIONAL = frozenset({"redis"})
"""Everything works without these."""


def chosen(only: Set[str] | None) -> list[Service]:
    """The services named, all when none is; raises ConfigError for a name that is none."""
    names = [service.name for service in SERVICES]
    if unknown := sorted((only or set()) - set(names)):
        raise ConfigError(f"services: expected some of {', '.join(names)}, was {unknown[0]!r}")
    return [service for service in SERVICES if only is None or service.name in only]


def external_address(settings: Settings, service: Service) -> str | None:
    """Where the settings say that a real one is; None when the embedded one is to be used."""
    if service.name == "kafka":
        return settings.kafka_bootstrap_servers
    url = settings.database_url if service.name == "postgres" else settings.redis_url
    return url.get_secret_value() if url else None


def place_of(settings: Settings) -> Place:
    """Where this home's servers live, with the ports they were last given."""
    home = settings.home.resolve()
    return Place(home, remembered_ports(home))


def pid_of(place: Place, service: Service) -> int | None:
    """The pid of our server, None when it does not run."""
    return running_pid(place.home, service.name, service.marker(place))


def endpoints_of(place: Place) -> Endpoints:
    """Addresses of our servers that run."""
    found = {s.name: s.address(place) for s in SERVICES if pid_of(place, s) is not None}
    return Endpoints(found.get("kafka"), found.get("postgres"), found.get("redis"))


@contextmanager
def locked(home: Path) -> Iterator[None]:
    """One process at a time starts or stops this home's servers.

    Raises ServiceError when the home cannot be written to.
    """
    run = home / "run"
    try:
        run.mkdir(parents=True, exist_ok=True)
        run.chmod(0o700)  # what is in it names the servers' password
        lock = (run / "services.lock").open("w")
    except OSError as error:
        raise ServiceError(
            f"TAPEDECK_HOME: expected a folder that can be written to, was {home}: "
            f"{error.strerror}. Set TAPEDECK_HOME to another"
        ) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
