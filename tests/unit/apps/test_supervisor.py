"""What the demo does when services and children die."""

import pytest

from streams.apps.demo.supervisor import Supervisor
from streams.domain.errors import ServiceError


class Services:
    """Revives that end as scripted: names, or the error that is raised."""

    def __init__(self, *ends: list[str] | ServiceError) -> None:
        self._ends = list(ends)

    def __call__(self) -> list[str]:
        end = self._ends.pop(0)
        if isinstance(end, ServiceError):
            raise end
        return end


_DIED = ServiceError("Kafka: ended while it started")


def test_a_service_that_dies_while_it_starts_is_started_again() -> None:
    supervisor = Supervisor([], Services(_DIED, _DIED, ["kafka"], _DIED, []))
    assert [supervisor.watch() for _ in range(5)] == [[], [], ["kafka"], [], []]


def test_a_service_that_never_starts_ends_the_demo() -> None:
    supervisor = Supervisor([], Services(_DIED, _DIED, _DIED, _DIED))
    assert [supervisor.watch() for _ in range(3)] == [[], [], []]
    with pytest.raises(ServiceError, match="ended while it started"):
        supervisor.watch()
