"""Reading manifests: the shipped ones, and faults that name file, field and value."""

from pathlib import Path
from typing import Any

import pytest

from streams.apps.serve.instance import environment
from streams.apps.serve.manifests import Delivery, Destination
from streams.apps.serve.ports import function_ports
from streams.apps.serve.reading import read_manifests, read_service, read_trigger
from streams.domain.errors import ConfigError


def trigger(**spec: Any) -> dict[str, Any]:
    subscriber = {"ref": {"kind": "Service", "name": "notify"}}
    return {"metadata": {"name": "t"}, "spec": {"subscriber": subscriber, **spec}}


def service(annotations: dict[str, Any] | None = None, **container: Any) -> dict[str, Any]:
    gunicorn = {"command": ["gunicorn"], "args": ["functions.x:create_app()"], **container}
    spec = {"containers": [gunicorn]}
    return {
        "metadata": {"name": "x"},
        "spec": {"template": {"metadata": {"annotations": annotations or {}}, "spec": spec}},
    }


def test_the_shipped_manifests_say_how_notify_runs() -> None:
    manifests = read_manifests()
    notify = manifests.services["notify"]
    assert (notify.concurrency, notify.timeout, notify.max_scale, notify.window) == (8, 15, 2, 60)
    (only,) = manifests.triggers
    assert (only.name, only.subscriber, only.ordered) == ("notify", Destination("notify"), True)
    assert only.delivery == Delivery(8, "exponential", 0.5, 15.0)


def test_back_off_doubles_or_grows_by_its_delay() -> None:
    assert [Delivery(3, "exponential", 0.5).wait(n) for n in (1, 2, 3)] == [0.5, 1, 2]
    assert [Delivery(3, "linear", 0.5).wait(n) for n in (1, 2, 3)] == [0.5, 1, 1.5]
    assert Delivery(3).wait(1) == 0


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"delivery": {"retries": 3}}, "was \\['retries'\\]"),
        ({"delivery": {"retry": "3"}}, "retry: expected a number"),
        ({"delivery": {"backoffPolicy": "random"}}, "linear or exponential"),
        ({"delivery": {"timeout": "5s"}}, "ISO-8601"),
        ({"subscriber": {}}, "subscriber: expected a ref"),
    ],
)
def test_a_wrong_trigger_is_named(spec: dict[str, Any], expected: str) -> None:
    with pytest.raises(ConfigError, match=expected):
        read_trigger(trigger(**spec), "triggers/t.yaml")


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (service({"autoscaling.knative.dev/window": "60"}), "window: expected a duration"),
        (service({"autoscaling.knative.dev/max-scale": 3}), "expected a number in quotes"),
        (service(command=["flask"]), "expected command"),
        (service(env=[{"name": "PORT", "value": "1"}]), "reserved variable"),
    ],
)
def test_a_wrong_service_is_named(document: dict[str, Any], expected: str) -> None:
    with pytest.raises(ConfigError, match=expected):
        read_service(document, "services/x.yaml")


def test_a_folder_without_kustomization_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"kustomization\.yaml"):
        read_manifests(tmp_path)


def test_the_environment_wins_over_the_manifest_and_knative_over_both(tmp_path: Path) -> None:
    notify = read_manifests().services["notify"]
    seen = environment(notify, 4711, tmp_path, {"PORT": "1", "DATABASE_URL": "postgresql://x"})
    assert seen["PORT"] == "4711"
    assert seen["K_SERVICE"] == "notify"
    assert seen["TAPEDECK_HOME"] == str(tmp_path)
    assert seen["DATABASE_URL"] == "postgresql://x"
    assert "TAPEDECK_NOTIFY_WEBHOOK_URL" not in seen


def test_a_required_secret_that_is_missing_is_named(tmp_path: Path) -> None:
    document = service(
        env=[{"name": "API_KEY", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]
    )
    with pytest.raises(ConfigError, match="API_KEY: expected by x"):
        environment(read_service(document, "x"), 1, tmp_path, {})


def test_function_ports_may_be_moved() -> None:
    ports = function_ports("notify=9091, dead_letter=0")
    assert (ports["notify"], ports["dead-letter"], ports["ingest"]) == (9091, 0, 5000)
    with pytest.raises(ConfigError, match="TAPEDECK_FUNCTION_PORTS"):
        function_ports("notify:9091")
