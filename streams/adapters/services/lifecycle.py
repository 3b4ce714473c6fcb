"""Start, stop and revive the embedded services."""

from collections.abc import Callable, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace

from streams.adapters.endpoints import (
    Endpoints,
    endpoints_file,
    read_endpoints,
    write_endpoints,
)
from streams.adapters.services.fleet import (
    OPTIONAL,
    SERVICES,
    chosen,
    endpoints_of,
    external_address,
    locked,
    pid_of,
    place_of,
)
from streams.adapters.services.ports import choose_ports, holder, same_ports
from streams.adapters.services.process import stop, strays
from streams.adapters.services.service import Place, Service
from streams.adapters.services.starting import check_disk, start_service
from streams.adapters.settings import Settings
from streams.domain.errors import ServiceError

Progress = Callable[[str, str], None]
"""Takes the name of a service and what happens to it."""

_STOP_SECONDS = 20.0
_REACH_SECONDS = 5.0
_RELEASE_SECONDS = 10.0


def up(
    settings: Settings,
    progress: Progress | None = None,
    *,
    only: Set[str] | None = None,
    same_place: bool = False,
) -> Endpoints:
    """Start what does not run yet, all at once, and return where everything is.

    Services that the settings name are only checked. Redis may be missing: its address is None
    then. `same_place`: on the ports of last time and no others, clients are waiting there. Raises
    ServiceError that says what to do when one cannot be started or reached.
    """
    say = progress or (lambda _name, _text: None)
    wanted = chosen(only)
    external = [s for s in wanted if external_address(settings, s) is not None]
    with locked(settings.home.resolve()):
        try:
            _start([s for s in wanted if s not in external], settings, say, same_place)
        finally:
            own = endpoints_of(place_of(settings))
            _note(settings, own)
    for service in external:
        _check_external(settings, service, say)
    return Endpoints(
        kafka=settings.kafka_bootstrap_servers or own.kafka,
        database=_secret(settings.database_url) or own.database,
        redis=_secret(settings.redis_url) or own.redis,
    )


def down(settings: Settings, progress: Progress | None = None) -> list[str]:
    """Stop this home's services, also those without a pid file; returns the names of the stopped.

    External services are left alone; nothing is deleted.
    """
    say = progress or (lambda _name, _text: None)
    if not (settings.home / "run").is_dir():
        return []
    with locked(settings.home.resolve()):
        place = place_of(settings)
        with ThreadPoolExecutor(len(SERVICES)) as pool:
            stopped = list(pool.map(lambda service: _stop(service, place, say), SERVICES))
        endpoints_file(settings.home).unlink(missing_ok=True)
    return [service.name for service, was in zip(SERVICES, stopped, strict=True) if was]


def revive(settings: Settings) -> list[str]:
    """Start again, on the same ports, what has died since `up`; returns the names.

    Cheap while all run: call it every second. Raises ServiceError as `up` does.
    """
    place = place_of(settings)
    dead = {service.name for service in _expected(settings) if not pid_of(place, service)}
    if dead:
        up(settings, only=dead, same_place=True)
    return sorted(dead)


def _expected(settings: Settings) -> list[Service]:
    """What `up` has started here and `down` has not stopped since."""
    noted = read_endpoints(settings.home)
    addresses = {"kafka": noted.kafka, "postgres": noted.database, "redis": noted.redis}
    return [
        service
        for service in SERVICES
        if addresses[service.name] and external_address(settings, service) is None
    ]


def _note(settings: Settings, own: Endpoints) -> None:
    """Write down where ours are; one that has died keeps its address, it will come back there."""
    found = {key: value for key, value in asdict(own).items() if value is not None}
    if found:
        write_endpoints(settings.home, replace(read_endpoints(settings.home), **found))


def _start(
    services: Sequence[Service], settings: Settings, say: Progress, same_place: bool
) -> None:
    place = place_of(settings)
    asleep = [service for service in services if pid_of(place, service) is None]
    for service in [s for s in asleep if s.name in OPTIONAL]:
        if why := service.missing():
            say(service.name, why)
            asleep.remove(service)
    if not asleep:
        return
    check_disk(place.home)
    for service in asleep:
        _clear_strays(service, place)
        place = _as_before(service, place) if same_place else _with_ports(service, place, say)
    with ThreadPoolExecutor(len(asleep)) as pool:
        runs = [pool.submit(start_service, service, place, say) for service in asleep]
    failures = [error for run in runs if (error := run.exception()) is not None]
    for error in failures:
        if not isinstance(error, ServiceError):
            raise error
    if failures:
        raise ServiceError("\n".join(str(error) for error in failures))


def _as_before(service: Service, place: Place) -> Place:
    """The place with the service's ports of last time: elsewhere its clients would not find it."""
    ports = same_ports(place.home, service.ports, _RELEASE_SECONDS)
    return replace(place, ports={**place.ports, **ports})


def _with_ports(service: Service, place: Place, say: Progress) -> Place:
    """The place with ports for the service; says which of the wanted ones are taken."""
    chosen_ports = choose_ports(place.home, service.ports)
    for name, port in chosen_ports.items():
        wanted = place.ports.get(name, service.ports[name])
        if wanted != port:
            by = holder(wanted) or "for another service"
            say(service.name, f"port {wanted} is taken ({by}): using {port}")
    return replace(place, ports={**place.ports, **chosen_ports})


def _clear_strays(service: Service, place: Place) -> None:
    """A server of this home whose pid file is gone would hold the data's lock."""
    for pid in strays(service.marker(place)):
        stop(place.home, service.name, pid, service.stop_signal, _STOP_SECONDS)


def _stop(service: Service, place: Place, say: Progress) -> bool:
    pids = {pid for pid in [pid_of(place, service)] if pid} | set(strays(service.marker(place)))
    if pids:
        say(service.name, f"stopping {service.title}")
    for pid in pids:
        stop(place.home, service.name, pid, service.stop_signal, _STOP_SECONDS)
    stop_note = place.home / "run" / f"{service.name}.pid"
    stop_note.unlink(missing_ok=True)
    return bool(pids)


def _check_external(settings: Settings, service: Service, say: Progress) -> None:
    address = external_address(settings, service) or ""
    try:
        service.reach(address, _REACH_SECONDS)
    except ServiceError as error:
        if service.name not in OPTIONAL:
            raise ServiceError(
                f"{error} ({service.variable} names it; unset that to use the embedded one)"
            ) from error
        say(service.name, f"{error}: going on without")


def _secret(value: object) -> str | None:
    from pydantic import SecretStr

    return value.get_secret_value() if isinstance(value, SecretStr) else None
