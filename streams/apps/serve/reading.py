"""Reads Knative's objects from the manifests."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from streams.apps.serve.documents import Document, documents
from streams.apps.serve.durations import go_seconds, iso_seconds
from streams.apps.serve.filters import trigger_filter
from streams.apps.serve.manifests import Delivery, Destination, Manifests, Service, Trigger
from streams.apps.serve.ping_source import PingSource, read_ping_source
from streams.domain.errors import ConfigError

_KNATIVE = Path(__file__).parents[3] / "knative"
"""Beside the packages, in a checkout and when installed."""
SHIPPED = _KNATIVE / "base"
OVERLAYS = _KNATIVE / "overlays"
_SCALING = "autoscaling.knative.dev/"
_ORDER = "kafka.eventing.knative.dev/delivery.order"
_RESERVED = {"PORT", "K_SERVICE", "K_CONFIGURATION", "K_REVISION"}
_DELIVERY = {
    "retry", "backoffPolicy", "backoffDelay", "timeout", "deadLetterSink", "format",
    "retryAfterMax",
}  # fmt: skip
_SERVICE = ("serving.knative.dev", "Service")
_BROKER = ("eventing.knative.dev", "Broker")
_TRIGGER = ("eventing.knative.dev", "Trigger")
_PING = ("sources.knative.dev", "PingSource")


def read_manifests(
    folder: Path = SHIPPED, left_out: Callable[[str], None] = lambda _: None
) -> Manifests:
    """What a folder declares; `left_out` is told what of a kustomization is not read.

    Raises ConfigError that names file, field and value.
    """
    found = list(documents(folder, left_out))
    brokers = {each.name: _broker_delivery(each) for each in found if each.kind == _BROKER}
    services: dict[str, Service] = {}
    triggers: dict[str, Trigger] = {}
    pings: dict[str, PingSource] = {}
    for each in found:
        try:
            if each.kind == _SERVICE and _is_ours(each.body):
                left_out(f"{each.where}: no function: `tapedeck {each.name}` runs it here")
            elif each.kind == _SERVICE:
                services[each.name] = read_service(each.body, each.where)
            elif each.kind == _TRIGGER:
                broker = brokers.get(each.body["spec"].get("broker", ""))
                triggers[each.name] = read_trigger(each.body, each.where, broker)
            elif each.kind == _PING:
                pings[each.name] = read_ping_source(each.body, each.where)
        except (KeyError, IndexError, TypeError, AttributeError) as error:
            raise ConfigError(
                f"{each.where}: expected a {each.kind[1]} as Knative's schema has it, was wrong "
                f"at {error}"
            ) from error
    _check_targets(triggers, services)
    return Manifests(services, tuple(triggers.values()), tuple(pings.values()))


def _check_targets(triggers: Mapping[str, Trigger], services: Mapping[str, Service]) -> None:
    for trigger in triggers.values():
        for target in (trigger.subscriber, trigger.delivery.dead_letter):
            if target and target.service and target.service not in services:
                raise ConfigError(
                    f"Trigger {trigger.name}: expected one of the Services "
                    f"({', '.join(services)}), was {target.service!r}"
                )


def _broker_delivery(document: Document) -> Mapping[str, Any]:
    spec = document.body.get("spec") or {}
    return dict(spec.get("delivery") or {})


def _is_ours(service: Mapping[str, Any]) -> bool:
    """A Service that runs our own command, as the dashboard's does, not a function."""
    container = service["spec"]["template"]["spec"]["containers"][0]
    return bool(container.get("command") == ["tapedeck"])


def read_service(document: Mapping[str, Any], where: str) -> Service:
    """A serving.knative.dev Service whose one container runs gunicorn."""
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
        name=Document(document, where).name,
        args=tuple(container["args"]),
        concurrency=spec.get("containerConcurrency", 0),
        timeout=float(spec.get("timeoutSeconds", 300)),
        min_scale=scaling.count("min-scale", 0),
        max_scale=scaling.count("max-scale", 0),
        window=scaling.seconds("window", 60.0),
        scale_down_delay=scaling.seconds("scale-down-delay", 0.0),
        target=float(scaling.count("target-utilization-percentage", 70)),
        soft_limit=float(scaling.count("target", 0)),
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


def read_trigger(
    document: Mapping[str, Any], where: str, broker: Mapping[str, Any] | None = None
) -> Trigger:
    """An eventing.knative.dev Trigger.

    `broker` is its Broker's delivery: it counts where the Trigger has none, its dead-letter sink
    also where the Trigger's has none.
    """
    spec = document["spec"]
    order = (document["metadata"].get("annotations") or {}).get(_ORDER, "unordered")
    if order not in ("ordered", "unordered"):
        raise ConfigError(f"{where}: {_ORDER}: expected ordered or unordered, was {order!r}")
    return Trigger(
        name=Document(document, where).name,
        matches=trigger_filter(spec, f"{where}: spec"),
        subscriber=_destination(spec.get("subscriber"), f"{where}: subscriber"),
        delivery=_delivery(_inherited(spec.get("delivery"), broker or {}), f"{where}: delivery"),
        ordered=order == "ordered",
    )


def _inherited(own: Mapping[str, Any] | None, broker: Mapping[str, Any]) -> Mapping[str, Any]:
    if not own:
        return broker
    return {**({"deadLetterSink": s} if (s := broker.get("deadLetterSink")) else {}), **own}


def _delivery(spec: Mapping[str, Any], where: str) -> Delivery:
    if unknown := spec.keys() - _DELIVERY:
        raise ConfigError(f"{where}: expected {sorted(_DELIVERY)}, was {sorted(unknown)}")
    retry, policy = spec.get("retry", 0), spec.get("backoffPolicy")
    if not isinstance(retry, int) or retry < 0:
        raise ConfigError(f"{where}.retry: expected a number >= 0, was {retry!r}")
    if policy not in (None, "linear", "exponential"):
        raise ConfigError(f"{where}.backoffPolicy: expected linear or exponential, was {policy!r}")
    delay, timeout, dead = (spec.get(n) for n in ("backoffDelay", "timeout", "deadLetterSink"))
    longest = spec.get("retryAfterMax")
    return Delivery(
        retry=retry,
        policy=policy if delay else None,
        delay=iso_seconds(delay, f"{where}.backoffDelay") if delay else 0.0,
        timeout=iso_seconds(timeout, f"{where}.timeout") if timeout else None,
        dead_letter=_destination(dead, f"{where}.deadLetterSink") if dead else None,
        retry_after_max=iso_seconds(longest, f"{where}.retryAfterMax") if longest else None,
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
