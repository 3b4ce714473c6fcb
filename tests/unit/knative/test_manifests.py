"""The manifests keep the rules that no schema holds."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from functions._shared.postgres import CONNECTIONS
from streams.adapters.signal_events import TYPE_PREFIX
from streams.apps.serve.ports import USUAL
from streams.apps.serve.reading import SHIPPED, read_manifests

_ANNOTATIONS = {"min-scale", "max-scale", "window", "scale-down-delay"}


def documents(kind: str) -> list[Any]:
    found = [
        document
        for path in sorted(SHIPPED.rglob("*.yaml"))
        for document in yaml.safe_load_all(path.read_text())
        if document["kind"] == kind
    ]
    assert found
    return found


def test_every_manifest_is_a_resource_of_the_kustomization() -> None:
    (kustomization,) = documents("Kustomization")
    files = {str(p.relative_to(SHIPPED)) for p in SHIPPED.rglob("*.yaml")}
    assert set(kustomization["resources"]) == files - {"kustomization.yaml"}


@pytest.mark.parametrize("service", documents("Service"), ids=lambda s: s["metadata"]["name"])
class TestService:
    def test_threads_are_container_concurrency_and_keep_alive_outlives_the_proxy(
        self, service: Any
    ) -> None:
        spec = service["spec"]["template"]["spec"]
        args = spec["containers"][0]["args"]
        assert f"--threads={spec['containerConcurrency']}" in args
        assert {"--workers=1", "--keep-alive=120", "--no-control-socket"} <= set(args)
        assert spec["containerConcurrency"] == CONNECTIONS

    def test_the_function_exists(self, service: Any) -> None:
        module, _, factory = service["spec"]["template"]["spec"]["containers"][0]["args"][
            -1
        ].partition(":")
        assert factory == "create_app()"
        root = Path(__file__).parents[3]
        assert (root / module.replace(".", "/") / "__init__.py").is_file()
        assert service["metadata"]["name"] in USUAL

    def test_autoscaling_is_in_the_template_and_spelled_right(self, service: Any) -> None:
        assert "annotations" not in service["metadata"]
        annotations = service["spec"]["template"]["metadata"]["annotations"]
        assert {name.removeprefix("autoscaling.knative.dev/") for name in annotations} <= (
            _ANNOTATIONS
        )
        assert all(isinstance(value, str) for value in annotations.values())

    def test_the_container_is_locked_down(self, service: Any) -> None:
        container = service["spec"]["template"]["spec"]["containers"][0]
        context = container["securityContext"]
        assert context["runAsNonRoot"] is True
        assert context["readOnlyRootFilesystem"] is True
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert "periodSeconds" not in container["readinessProbe"]
        assert "/" not in container["image"]


def test_deliveries_end_within_the_dispatcher_s_poll_interval() -> None:
    manifests = read_manifests()
    for trigger in manifests.triggers:
        delivery = trigger.delivery
        assert delivery.timeout is not None
        waits = sum(delivery.wait(n) for n in range(1, delivery.retry + 1))
        assert (delivery.retry + 1) * delivery.timeout + waits < 300
        service = manifests.services[trigger.subscriber.service or ""]
        assert service.timeout <= delivery.timeout


def test_every_trigger_names_the_broker_and_a_type_that_is_produced() -> None:
    (broker,) = documents("Broker")
    for trigger in documents("Trigger"):
        assert trigger["spec"]["broker"] == broker["metadata"]["name"]
        (item,) = trigger["spec"]["filters"]
        assert item["exact"]["type"].startswith(TYPE_PREFIX)
