"""Structure of the kinds that are not Knative's: the fields we use, spelled right and fitting.

No schemas of these are at hand here; each table below is what may be written, not all there is.
"""

import re
from collections.abc import Iterator
from typing import Any

Doc = dict[str, Any]
_POD = {
    "containers", "volumes", "securityContext", "terminationGracePeriodSeconds", "restartPolicy",
    "enableServiceLinks", "automountServiceAccountToken",
}  # fmt: skip
_CONTAINER = {
    "name", "image", "command", "args", "ports", "env", "envFrom", "resources", "securityContext",
    "volumeMounts", "livenessProbe", "readinessProbe", "startupProbe",
}  # fmt: skip
_FIELDS = {
    ("v1", "ConfigMap"): {"data"},
    ("v1", "Namespace"): set(),
    ("v1", "Secret"): {"type", "stringData"},
    ("v1", "Service"): {"clusterIP", "selector", "ports"},
    ("apps/v1", "Deployment"): {"replicas", "selector", "template"},
    ("apps/v1", "StatefulSet"): {
        "replicas", "serviceName", "podManagementPolicy", "selector", "template",
        "volumeClaimTemplates",
    },
    ("batch/v1", "Job"): {
        "backoffLimit", "activeDeadlineSeconds", "ttlSecondsAfterFinished", "template",
    },
    ("policy/v1", "PodDisruptionBudget"): {"maxUnavailable", "selector"},
    ("networking.k8s.io/v1", "NetworkPolicy"): {
        "podSelector", "policyTypes", "ingress", "egress",
    },
    ("keda.sh/v1alpha1", "ScaledObject"): {
        "scaleTargetRef", "minReplicaCount", "maxReplicaCount", "pollingInterval", "advanced",
        "triggers",
    },
    ("kafka.strimzi.io/v1", "Kafka"): {"kafka"},
    ("kafka.strimzi.io/v1", "KafkaNodePool"): {"replicas", "roles", "storage", "resources"},
}  # fmt: skip
_LAG = {
    "bootstrapServersFromEnv", "consumerGroup", "topic", "lagThreshold", "offsetResetPolicy",
    "excludePersistentLag",
}  # fmt: skip
_QUANTITY = re.compile(r"\d+(m|Ki|Mi|Gi)?")


def other_faults(document: Doc) -> Iterator[str]:
    """What is wrong with an object of Kubernetes, KEDA or Strimzi, one line each."""
    name = document["apiVersion"], document["kind"]
    if name not in _FIELDS:
        yield f"{name}: expected one of {sorted(_FIELDS)}"
        return
    body = document.get("spec", {k: v for k, v in document.items() if k in ("data", "stringData")})
    top = document.keys() - {"apiVersion", "kind", "metadata", "spec", "data", "stringData", "type"}
    for field in top | (body.keys() - _FIELDS[name]):
        yield f"{field}: unknown"
    if "template" in body:
        yield from _workload_faults(body)
    if document["kind"] == "ScaledObject":
        yield from _keda_faults(body)
    if document["kind"] == "NetworkPolicy":
        yield from _policy_faults(body)
    for key, value in (document.get("data") or {}).items():
        if not isinstance(value, str):
            yield f"data.{key}: expected a string, was {value!r}"


def _policy_faults(body: Doc) -> Iterator[str]:
    for direction in ("ingress", "egress"):
        if direction in body and direction.capitalize() not in body["policyTypes"]:
            yield f"{direction}: without effect, for want of its policyType"
    for rule in [*body.get("ingress", []), *body.get("egress", [])]:
        for port in rule.get("ports", []):
            if not {"port"} <= port.keys() <= {"protocol", "port", "endPort"}:
                yield f"ports: was {port}"


def _workload_faults(body: Doc) -> Iterator[str]:
    template = body["template"]
    labels = template["metadata"]["labels"]
    for name, value in body.get("selector", {}).get("matchLabels", {}).items():
        if labels.get(name) != value:
            yield f"selector: {name}={value} is no label of the template"
    pod = template["spec"]
    for field in pod.keys() - _POD:
        yield f"template.spec.{field}: unknown"
    claims = [claim["metadata"]["name"] for claim in body.get("volumeClaimTemplates", [])]
    volumes = {*claims, *(volume["name"] for volume in pod.get("volumes", []))}
    for container in pod["containers"]:
        for field in container.keys() - _CONTAINER:
            yield f"containers.{field}: unknown"
        if {mount["name"] for mount in container.get("volumeMounts", [])} ^ volumes:
            yield "volumes: expected each of them mounted"
        yield from _probe_faults(container)
        for group in container["resources"].values():
            for resource, amount in group.items():
                if not _QUANTITY.fullmatch(str(amount)):
                    yield f"resources.{resource}: was {amount!r}"


def _probe_faults(container: Doc) -> Iterator[str]:
    named = {port["name"] for port in container.get("ports", [])}
    for probe in (container.get(f"{n}Probe", {}) for n in ("liveness", "readiness", "startup")):
        for handler in ("httpGet", "tcpSocket"):
            if handler in probe and probe[handler]["port"] not in named:
                yield f"{handler}.port: expected one of {named}, was {probe[handler]['port']!r}"


def _keda_faults(body: Doc) -> Iterator[str]:
    if not 0 <= body["minReplicaCount"] <= body["maxReplicaCount"]:
        yield "minReplicaCount: expected at most maxReplicaCount"
    for trigger in body["triggers"]:
        if trigger.keys() != {"type", "metadata"} or trigger["type"] != "kafka":
            yield f"triggers: expected type kafka and metadata, was {trigger}"
        for name, value in trigger["metadata"].items():
            if name not in _LAG or not isinstance(value, str):
                yield f"triggers.{name}: unknown, or no string: {value!r}"
