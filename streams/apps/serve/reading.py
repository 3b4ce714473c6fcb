"""Reads manifests from a kustomization: its resources, nothing else of kustomize."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from streams.apps.serve.durations import go_seconds, iso_seconds
from streams.apps.serve.filters import trigger_filter
from streams.apps.serve.manifests import Delivery, Destination, Manifests, Service, Trigger
from streams.domain.errors import ConfigError

SHIPPED = Path(__file__).parents[3] / "knative" / "base"
"""The manifests of the distribution: beside the packages, in a checkout and when installed."""
_SCALING = "autoscaling.knative.dev/"
_ORDER = "kafka.eventing.knative.dev/delivery.order"
_RESERVED = {"PORT", "K_SERVICE", "K_CONFIGURATION", "K_REVISION"}
_DELIVERY = {"retry", "backoffPolicy", "backoffDelay", "timeout", "deadLetterSink", "format"}


def read_manifests(folder: Path = SHIPPED) -> Manifests:
    """Services and Triggers of a folder; raises ConfigError that names file, field and value."""
    services: dict[str, Service] = {}
    triggers: list[Trigger] = []
    for where, document in _documents(folder):
        kind = (str(document.get("apiVersion")).partition("/")[0], document.get("kind"))
        if kind == ("serving.knative.dev", "Service"):
            service = read_service(document, where)
            services[service.name] = service
        elif kind == ("eventing.knative.dev", "Trigger"):
            triggers.append(read_trigger(document, where))
    for trigger in triggers:
        for target in (trigger.subscriber, trigger.delivery.dead_letter):
            if target and target.service and target.service not in services:
                raise ConfigError(
                    f"Trigger {trigger.name}: expected one of the Services "
                    f"({', '.join(services)}), was {target.service!r}"
                )
    return Manifests(services, tuple(triggers))


def read_service(document: Mapping[str, Any], where: str) -> Service:
    """A serving.knative.dev Service whose one container runs gunicorn."""
    name = _name(document, where)
    template = document["spec"]["template"]
    spec = template["spec"]
    container = spec["containers"][0]
    if container.get("command") != ["gunicorn"] or not container.get("args"):
        raise ConfigError(f'{where}: expected command ["gunicorn"] and args, was '
                          f"{container.get('command')!r} {container.get('args')!r}")  # fmt: skip
    scaling = _Scaling(template.get("metadata", {}).get("annotations") or {}, where)
    variables = {item["name"]: item for item in container.get("env") or []}
    if reserved := _RESERVED & variables.keys():
        raise ConfigError(f"{where}: expected no reserved variable in env, was {reserved}")
    return Service(
        name=name,
        args=tuple(container["args"]),
        concurrency=spec.get("containerConcurrency", 0),
        timeout=float(spec.get("timeoutSeconds", 300)),
        min_scale=scaling.count("min-scale", 0),
        max_scale=scaling.count("max-scale", 0),
        window=scaling.seconds("window", 60.0),
        scale_down_delay=scaling.seconds("scale-down-delay", 0.0),
        target=float(scaling.count("target-utilization-percentage", 70)),
        ready_path=container.get("readinessProbe", {}).get("httpGet", {}).get("path", "/"),
        env={n: str(item["value"]) for n, item in variables.items() if "value" in item},
        secrets=_secrets(variables),
    )


def _secrets(variables: Mapping[str, Any]) -> dict[str, bool]:
    """Variables that come from a Secret, and whether they must."""
    return {
        name: not item["valueFrom"]["secretKeyRef"].get("optional", False)
        for name, item in variables.items()
        if "secretKeyRef" in item.get("valueFrom", {})
    }


def read_trigger(document: Mapping[str, Any], where: str) -> Trigger:
    """An eventing.knative.dev Trigger."""
    spec = document["spec"]
    order = (document["metadata"].get("annotations") or {}).get(_ORDER, "unordered")
    if order not in ("ordered", "unordered"):
        raise ConfigError(f"{where}: {_ORDER}: expected ordered or unordered, was {order!r}")
    return Trigger(
        name=_name(document, where),
        matches=trigger_filter(spec, f"{where}: spec"),
        subscriber=_destination(spec.get("subscriber"), f"{where}: subscriber"),
        delivery=_delivery(spec.get("delivery") or {}, f"{where}: delivery"),
        ordered=order == "ordered",
    )


def _delivery(spec: Mapping[str, Any], where: str) -> Delivery:
    if unknown := spec.keys() - _DELIVERY:
        raise ConfigError(f"{where}: expected {sorted(_DELIVERY)}, was {sorted(unknown)}")
    retry, policy = spec.get("retry", 0), spec.get("backoffPolicy")
    if not isinstance(retry, int) or retry < 0:
        raise ConfigError(f"{where}.retry: expected a number >= 0, was {retry!r}")
    if policy not in (None, "linear", "exponential"):
        raise ConfigError(f"{where}.backoffPolicy: expected linear or exponential, was {policy!r}")
    delay, timeout, dead = (spec.get(n) for n in ("backoffDelay", "timeout", "deadLetterSink"))
    return Delivery(
        retry=retry,
        policy=policy if delay else None,
        delay=iso_seconds(delay, f"{where}.backoffDelay") if delay else 0.0,
        timeout=iso_seconds(timeout, f"{where}.timeout") if timeout else None,
        dead_letter=_destination(dead, f"{where}.deadLetterSink") if dead else None,
    )


def _destination(spec: Any, where: str) -> Destination:
    if isinstance(spec, Mapping) and spec.get("uri") and not spec.get("ref"):
        return Destination(uri=str(spec["uri"]))
    ref = spec.get("ref") if isinstance(spec, Mapping) else None
    if not ref or ref.get("kind") != "Service" or spec.get("uri"):
        raise ConfigError(f"{where}: expected a ref to a Service, or a uri, was {spec!r}")
    return Destination(service=str(ref["name"]))


class _Scaling:
    """Serving's autoscaling annotations."""

    def __init__(self, annotations: Mapping[str, Any], where: str) -> None:
        self._annotations = annotations
        self._where = where

    def count(self, key: str, default: int) -> int:
        text = self._annotations.get(_SCALING + key, str(default))
        if not isinstance(text, str) or not text.isdigit():
            raise ConfigError(f"{self._where}: {key}: expected a number in quotes, was {text!r}")
        return int(text)

    def seconds(self, key: str, default: float) -> float:
        text = self._annotations.get(_SCALING + key)
        return default if text is None else go_seconds(text, f"{self._where}: {key}")


def _documents(folder: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    start = folder / "kustomization.yaml"
    if not start.is_file():
        raise ConfigError(f"manifests: expected {start}, was not there")
    for resource in _load(start)[0].get("resources") or []:
        path = folder / resource
        if path.is_dir():
            yield from _documents(path)
        else:
            yield from ((f"{path.parent.name}/{path.name}", document) for document in _load(path))


def _load(path: Path) -> list[Mapping[str, Any]]:
    try:
        return [document for document in yaml.safe_load_all(path.read_text()) if document]
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(f"manifests: {path}: expected YAML, was {error}") from error


def _name(document: Mapping[str, Any], where: str) -> str:
    name = (document.get("metadata") or {}).get("name")
    if not isinstance(name, str) or not name:
        raise ConfigError(f"{where}: metadata.name: expected a name, was {name!r}")
    return name
