"""What the manifests say, as values: the part of Knative's objects that the local runtime obeys."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from streams.apps.serve.filters import Filter
from streams.apps.serve.ping_source import PingSource


@dataclass(frozen=True, slots=True)
class Destination:
    """Where events go: a Service of these manifests by name, or any URL."""

    service: str | None = None
    uri: str | None = None

    def __str__(self) -> str:
        return self.uri or f"service {self.service}"


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a Trigger delivers: `retry` attempts after the first; delays and time-out in seconds.

    `timeout` None: the subscriber's own limit alone. `retry_after_max` None: a Retry-After header
    is not looked at, as on a cluster without that feature.
    """

    retry: int = 0
    policy: Literal["linear", "exponential"] | None = None
    delay: float = 0.0
    timeout: float | None = None
    dead_letter: Destination | None = None
    retry_after_max: float | None = None

    def wait(self, failures: int, asked: float | None = None) -> float:
        """Seconds to wait after that many failures (1, 2, ...); none without policy and delay.

        `asked` is what a 429 or 503 wanted in its Retry-After: the longer of the two counts.
        """
        backoff = self._backoff(failures)
        if asked is None or self.retry_after_max is None:
            return backoff
        return max(backoff, min(asked, self.retry_after_max))

    def _backoff(self, failures: int) -> float:
        if self.policy == "linear":
            return self.delay * failures
        if self.policy == "exponential":
            return float(self.delay * 2 ** (failures - 1))
        return 0.0


@dataclass(frozen=True, slots=True)
class Trigger:
    """A subscription to the broker."""

    name: str
    matches: Filter
    subscriber: Destination
    delivery: Delivery = field(default_factory=Delivery)
    ordered: bool = False


@dataclass(frozen=True, slots=True)
class Service:
    """A function: how to start it and how far to scale it. Times in seconds.

    `max_scale` 0 is unlimited; `concurrency` 0 too. `secrets` are names of variables that the
    environment must supply (True) or may (False). `target` is the percentage of the concurrency
    at which another instance is wanted, `soft_limit` a concurrency below the hard one for that.
    """

    name: str
    args: tuple[str, ...]
    concurrency: int = 0
    timeout: float = 300.0
    min_scale: int = 0
    max_scale: int = 0
    window: float = 60.0
    scale_down_delay: float = 0.0
    target: float = 70.0
    soft_limit: float = 0.0
    ready_path: str = "/"
    env: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Manifests:
    """Everything that one folder of manifests declares."""

    services: Mapping[str, Service]
    triggers: tuple[Trigger, ...]
    pings: tuple[PingSource, ...] = ()

    def only(self, names: frozenset[str]) -> "Manifests":
        """The chosen services, the Triggers that call them and the dead-letter sinks of those.

        All of it when none is chosen.
        """
        if not names:
            return self
        triggers = tuple(t for t in self.triggers if t.subscriber.service in names)
        sinks = {t.delivery.dead_letter.service for t in triggers if t.delivery.dead_letter}
        services = {name: s for name, s in self.services.items() if name in names | sinks}
        return Manifests(services, triggers, self.pings)
