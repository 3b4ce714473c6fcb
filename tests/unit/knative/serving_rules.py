"""What Serving's webhook refuses, or silently ignores, and no schema says."""

import re
from collections.abc import Iterator
from typing import Any

from streams.apps.serve.durations import go_seconds
from streams.domain.errors import ConfigError

Doc = dict[str, Any]
_PREFIX = "autoscaling.knative.dev/"
_RESERVED_ENV = {"PORT", "K_SERVICE", "K_CONFIGURATION", "K_REVISION"}
_RESERVED_PORTS = {8008, 8012, 8013, 8022, 8112, 9090, 9091}
_RESERVED_PATHS = {"/", "/dev", "/dev/log"}
# What a cluster takes unless its config-features says more.
_POD_FIELDS = {
    "containers", "containerConcurrency", "timeoutSeconds", "responseStartTimeoutSeconds",
    "idleTimeoutSeconds", "enableServiceLinks", "automountServiceAccountToken", "imagePullSecrets",
    "serviceAccountName", "volumes",
}  # fmt: skip
_VOLUMES = {"configMap", "secret", "projected", "emptyDir"}
_WHOLE = r"\d{1,9}"
_NUMBERS = {
    "min-scale": (0, None), "max-scale": (0, None), "initial-scale": (1, None),
    "activation-scale": (2, None), "target": (0.01, None),
    "target-utilization-percentage": (1, 100), "target-burst-capacity": (-1, None),
    "panic-window-percentage": (1, 100), "panic-threshold-percentage": (110, 1000),
}  # fmt: skip
_SPANS = {
    "window": (6, 3600), "scale-down-delay": (0, 3600),
    "scale-to-zero-pod-retention-period": (0, 3600),
}  # fmt: skip
_WORDS = {
    "class": {"kpa.autoscaling.knative.dev", "hpa.autoscaling.knative.dev"},
    "metric": {"concurrency", "rps", "cpu", "memory"},
    "metric-aggregation-algorithm": {"linear", "weighted-exponential"},
}
MOST_SECONDS = 600
"""`max-revision-timeout-seconds` of a cluster that says nothing else."""


def serving_faults(service: Doc) -> Iterator[str]:
    """What is wrong with a serving.knative.dev Service, one line each."""
    metadata, template = service["metadata"], service["spec"]["template"]
    for name in metadata.get("annotations") or {}:
        if name.startswith(_PREFIX):
            yield f"metadata.annotations: {name} belongs into spec.template.metadata"
    yield from _scaling_faults((template.get("metadata") or {}).get("annotations") or {})
    spec = template["spec"]
    for field in spec.keys() - _POD_FIELDS:
        yield f"spec.{field}: off by default (config-features), or unknown"
    yield from _time_faults(spec)
    if not 0 <= spec.get("containerConcurrency", 0) <= 1000:
        yield "containerConcurrency: expected 0 to 1000"
    if len(spec.get("containers") or []) != 1:
        yield "containers: expected one"
        return
    (container,) = spec["containers"]
    yield from _container_faults(container)
    yield from _volume_faults(container, spec.get("volumes") or [])


def _scaling_faults(annotations: Doc) -> Iterator[str]:
    known = _NUMBERS.keys() | _SPANS.keys() | _WORDS.keys()
    for name, value in annotations.items():
        if not name.startswith(_PREFIX):
            continue
        short = name.removeprefix(_PREFIX)
        if short not in known:
            yield f"{name}: ignored, expected one of {sorted(known)}"
        elif not isinstance(value, str):
            yield f"{name}: expected a string, was {value!r}"
        elif short in _WORDS and value not in _WORDS[short]:
            yield f"{name}: expected one of {sorted(_WORDS[short])}, was {value!r}"
        elif short in _NUMBERS:
            yield from _number_faults(name, short, value)
        elif short in _SPANS:
            yield from _span_faults(name, short, value)
    least, most = (annotations.get(f"{_PREFIX}{n}-scale", "0") for n in ("min", "max"))
    if str(most).isdigit() and str(least).isdigit() and 0 < int(most) < int(least):
        yield f"min-scale: expected at most max-scale {most}, was {least}"
    if "cpu" in str(annotations.get(f"{_PREFIX}metric")) and "hpa" not in str(
        annotations.get(f"{_PREFIX}class")
    ):
        yield "metric: cpu needs class hpa.autoscaling.knative.dev"


def _number_faults(name: str, short: str, value: str) -> Iterator[str]:
    least, most = _NUMBERS[short]
    pattern = _WHOLE if "scale" in short else rf"-?{_WHOLE}(\.\d+)?"
    if not re.fullmatch(pattern, value):
        yield f"{name}: expected a number, was {value!r}"
    elif float(value) < least or (most is not None and float(value) > most):
        yield f"{name}: expected {least} to {most}, was {value}"
    elif short == "target-burst-capacity" and -1 < float(value) < 0:
        yield f"{name}: expected -1 or at least 0, was {value}"


def _span_faults(name: str, short: str, value: str) -> Iterator[str]:
    least, most = _SPANS[short]
    try:
        seconds = go_seconds(value, name)
    except ConfigError as error:
        yield str(error)
        return
    if not least <= seconds <= most or (short == "window" and seconds % 1):
        yield f"{name}: expected {least}s to {most}s in whole seconds, was {value}"


def _time_faults(spec: Doc) -> Iterator[str]:
    limit = spec.get("timeoutSeconds", 300)
    if not 0 < limit <= MOST_SECONDS:
        yield f"timeoutSeconds: expected 1 to {MOST_SECONDS}, was {limit}"
    for name in ("responseStartTimeoutSeconds", "idleTimeoutSeconds"):
        if not 0 <= spec.get(name, 0) <= limit:
            yield f"{name}: expected 0 to timeoutSeconds, was {spec[name]}"


def _container_faults(container: Doc) -> Iterator[str]:
    ports = container.get("ports") or []
    if len(ports) > 1:
        yield "ports: expected one"
    for port in ports:
        if port.get("name", "") not in ("", "http1", "h2c"):
            yield f"ports.name: expected http1 or h2c, was {port['name']!r}"
        if port["containerPort"] in _RESERVED_PORTS:
            yield f"containerPort: {port['containerPort']} is reserved"
    for variable in container.get("env") or []:
        if variable["name"] in _RESERVED_ENV:
            yield f"env: {variable['name']} is reserved"
        if "fieldRef" in (variable.get("valueFrom") or {}):
            yield f"env: {variable['name']}: fieldRef is off by default"
    probe = container.get("readinessProbe") or {}
    if "periodSeconds" not in probe and {"timeoutSeconds", "failureThreshold"} & probe.keys():
        yield "readinessProbe: no timeoutSeconds or failureThreshold without periodSeconds"


def _volume_faults(container: Doc, volumes: list[Doc]) -> Iterator[str]:
    mounts = container.get("volumeMounts") or []
    by_name = {volume["name"]: volume for volume in volumes}
    mounted = {mount["name"] for mount in mounts}
    for name, volume in by_name.items():
        if name not in mounted:
            yield f"volumes: {name} is not mounted"
        if not _VOLUMES & volume.keys():
            yield f"volumes: {name}: expected one of {sorted(_VOLUMES)}"
    for mount in mounts:
        source = by_name.get(mount["name"])
        if source is None:
            yield f"volumeMounts: {mount['name']} has no volume"
        elif "emptyDir" not in source and not mount.get("readOnly"):
            yield f"volumeMounts: {mount['name']}: expected readOnly"
        if mount["mountPath"] in _RESERVED_PATHS:
            yield f"mountPath: {mount['mountPath']} is reserved"
