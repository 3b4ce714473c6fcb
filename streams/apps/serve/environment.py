"""The environment that an instance of a function sees."""

from collections.abc import Mapping
from pathlib import Path

from streams.apps.serve.manifests import Service
from streams.domain.errors import ConfigError

_EMBEDDED = frozenset({"DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS", "REDIS_URL"})


def environment(
    service: Service, port: int, home: Path, outer: Mapping[str, str]
) -> dict[str, str]:
    """The manifest's values, over them the environment's, then Knative's.

    Raises ConfigError when a secret is missing that neither the environment nor the embedded
    services supply.
    """
    for name, required in service.secrets.items():
        if required and name not in outer and name not in _EMBEDDED:
            raise ConfigError(f"{name}: expected by {service.name}'s manifest, was not set")
    return {
        **service.env,
        **outer,
        "TAPEDECK_HOME": str(home.absolute()),
        "PORT": str(port),
        "K_SERVICE": service.name,
        "K_CONFIGURATION": service.name,
        "K_REVISION": f"{service.name}-local",
    }
