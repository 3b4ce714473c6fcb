"""What runs: one line per service."""

from dataclasses import dataclass
from enum import StrEnum

from streams.adapters.services.fleet import SERVICES, external_address, pid_of, place_of
from streams.adapters.services.masking import masked
from streams.adapters.services.service import Service
from streams.adapters.settings import Settings
from streams.domain.errors import ServiceError


class State(StrEnum):
    RUNNING = "running"
    STOPPED = "stopped"
    EXTERNAL = "external"
    UNAVAILABLE = "unavailable"
    """This machine cannot run it."""


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """One service; `address` shows no password, `answers` is False where nobody was asked."""

    name: str
    state: State
    pid: int | None
    address: str | None
    detail: str
    answers: bool


def status(settings: Settings, seconds: float = 3) -> list[ServiceStatus]:
    """Look at every service and ask those that run whether they answer, each for `seconds`."""
    return [_status(settings, service, seconds) for service in SERVICES]


def _status(settings: Settings, service: Service, seconds: float) -> ServiceStatus:
    name = service.name
    if address := external_address(settings, service):
        answers, detail = _asked(service, address, seconds)
        where = f"named by {service.variable}"
        return ServiceStatus(name, State.EXTERNAL, None, masked(address), detail or where, answers)
    place = place_of(settings)
    pid = pid_of(place, service)
    if pid is not None:
        address = service.address(place)
        answers, detail = _asked(service, address, seconds)
        return ServiceStatus(name, State.RUNNING, pid, masked(address), detail, answers)
    if why := service.missing():
        return ServiceStatus(name, State.UNAVAILABLE, None, None, why, answers=False)
    return ServiceStatus(name, State.STOPPED, None, None, "`tapedeck services up`", answers=False)


def _asked(service: Service, address: str, seconds: float) -> tuple[bool, str]:
    try:
        service.reach(address, seconds)
    except ServiceError as error:
        return False, f"does not answer: {error}"
    return True, ""
