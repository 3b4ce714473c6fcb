"""The manifests of the functions keep the rules that make them fast, safe and whole."""

from pathlib import Path
from typing import Any

import pytest

from functions._shared.postgres import CONNECTIONS
from streams.apps.serve.ports import USUAL
from streams.apps.serve.reading import SHIPPED, read_manifests
from tests.unit.knative.building import KNATIVE, build, documents

ROOT = Path(__file__).parents[3]
_POOLED = {"aggregate", "dead-letter", "notify", "query"}
BASE = build(SHIPPED)
SERVICES = [d for d in BASE if d["apiVersion"] == "serving.knative.dev/v1"]


def container(service: Any) -> Any:
    return service["spec"]["template"]["spec"]["containers"][0]


def annotation(service: Any, name: str) -> int:
    annotations = service["spec"]["template"]["metadata"]["annotations"]
    return int(annotations[f"autoscaling.knative.dev/{name}"])


@pytest.mark.parametrize(
    "folder",
    sorted(p.parent for p in KNATIVE.rglob("kustomization.yaml") if "overlays" not in p.parts),
    ids=lambda folder: folder.name,
)
def test_every_manifest_is_a_resource_of_its_kustomization(folder: Path) -> None:
    (spec,) = documents(folder / "kustomization.yaml")
    named = {*spec["resources"], *(patch["path"] for patch in spec.get("patches", []))}
    files = {str(p.relative_to(folder)) for p in folder.rglob("*.yaml")}
    assert named == files - {"kustomization.yaml"}


def test_the_functions_are_those_with_a_port() -> None:
    assert {service["metadata"]["name"] for service in SERVICES} == set(USUAL)


def test_the_local_runtime_reads_what_a_cluster_gets() -> None:
    manifests = read_manifests()
    assert set(manifests.services) == {service["metadata"]["name"] for service in SERVICES}
    names = [document["metadata"]["name"] for document in BASE if document["kind"] == "Trigger"]
    assert [trigger.name for trigger in manifests.triggers] == names


def test_clients_reach_only_what_is_meant_for_them() -> None:
    label = "networking.knative.dev/visibility"
    public = {s["metadata"]["name"] for s in SERVICES if label not in s["metadata"]["labels"]}
    assert public == {"ingest", "query"}


@pytest.mark.parametrize("service", SERVICES, ids=lambda s: s["metadata"]["name"])
class TestService:
    def test_threads_are_container_concurrency_and_keep_alive_outlives_the_proxy(
        self, service: Any
    ) -> None:
        concurrency = service["spec"]["template"]["spec"]["containerConcurrency"]
        args = container(service)["args"]
        assert f"--threads={concurrency}" in args
        assert {"--workers=1", "--keep-alive=120", "--no-control-socket"} <= set(args)
        assert concurrency == (CONNECTIONS if service["metadata"]["name"] in _POOLED else 32)

    def test_the_function_exists(self, service: Any) -> None:
        module, _, factory = container(service)["args"][-1].partition(":")
        assert factory == "create_app()"
        assert (ROOT / module.replace(".", "/") / "__init__.py").is_file()
        assert module == "functions." + service["metadata"]["name"].replace("-", "_")

    def test_it_scales_to_zero_and_not_without_limit(self, service: Any) -> None:
        assert annotation(service, "min-scale") == 0
        assert 0 < annotation(service, "max-scale") <= 10

    def test_the_container_is_locked_down(self, service: Any) -> None:
        context = container(service)["securityContext"]
        assert context["runAsNonRoot"] is True
        assert context["readOnlyRootFilesystem"] is True
        assert context["allowPrivilegeEscalation"] is False
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}
        assert "/" not in container(service)["image"]

    def test_it_starts_fast(self, service: Any) -> None:
        assert container(service)["readinessProbe"] == {"httpGet": {"path": "/healthz"}}
        assert service["spec"]["template"]["spec"]["enableServiceLinks"] is False

    def test_its_memory_is_bounded(self, service: Any) -> None:
        resources = container(service)["resources"]
        assert resources["requests"].keys() == {"cpu", "memory"}
        assert resources["limits"].keys() == {"memory"}
