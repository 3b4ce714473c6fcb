"""Reading manifests: the shipped ones, and faults that name file, field and value."""

from pathlib import Path
from typing import Any

import pytest

from streams.apps.serve.environment import environment
from streams.apps.serve.manifests import Delivery, Destination
from streams.apps.serve.ports import function_ports
from streams.apps.serve.reading import OVERLAYS, read_manifests, read_service, read_trigger
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
    trigger = next(t for t in manifests.triggers if t.name == "notify")
    assert (trigger.subscriber, trigger.ordered) == (Destination("notify"), True)
    assert trigger.delivery == Delivery(6, "exponential", 1.0, 15.0, Destination("dead-letter"))


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


def test_a_trigger_without_delivery_has_its_brokers_and_else_only_its_sink() -> None:
    sink = {"ref": {"kind": "Service", "name": "dead-letter"}}
    broker = {"retry": 4, "backoffPolicy": "linear", "backoffDelay": "PT1S", "deadLetterSink": sink}
    bare = read_trigger(trigger(), "t", broker).delivery
    assert bare == Delivery(4, "linear", 1.0, None, Destination("dead-letter"))
    own = read_trigger(trigger(delivery={"retry": 1}), "t", broker).delivery
    assert own == Delivery(1, dead_letter=Destination("dead-letter"))


def test_the_longest_retry_after_is_read() -> None:
    delivery = read_trigger(trigger(delivery={"retryAfterMax": "PT20S"}), "t").delivery
    assert delivery.retry_after_max == 20


def test_scaling_annotations_are_read() -> None:
    named = {"min-scale": "1", "max-scale": "4", "target": "20", "scale-down-delay": "2m",
             "target-utilization-percentage": "80", "window": "30s"}  # fmt: skip
    found = read_service(
        service({f"autoscaling.knative.dev/{name}": value for name, value in named.items()}), "x"
    )
    assert (found.min_scale, found.max_scale, found.soft_limit, found.target) == (1, 4, 20, 80)
    assert (found.window, found.scale_down_delay) == (30, 120)


def test_chosen_functions_bring_their_triggers_and_dead_letter_sinks() -> None:
    chosen = read_manifests().only(frozenset({"notify"}))
    assert chosen.services.keys() == {"notify", "dead-letter"}
    assert {each.subscriber.service for each in chosen.triggers} == {"notify"}
    assert chosen.triggers
    alone = read_manifests().only(frozenset({"query"}))
    assert alone.services.keys() == {"query"}
    assert alone.triggers == ()


def folder_of(path: Path, kustomization: str, **files: str) -> Path:
    path.mkdir()
    (path / "kustomization.yaml").write_text(kustomization)
    for name, text in files.items():
        (path / f"{name}.yaml").write_text(text)
    return path


def test_what_a_kustomization_does_beyond_its_resources_is_told(tmp_path: Path) -> None:
    folder_of(tmp_path / "base", "resources: []")
    overlay = folder_of(tmp_path / "dev", "resources: [../base]\npatches: []\nimages: []")
    told: list[str] = []
    assert read_manifests(overlay, told.append).services == {}
    assert told == ["dev/kustomization.yaml: images, patches: only resources are read here"]


@pytest.mark.parametrize("name", ["dev", "kafka", "kafkasource"])
def test_an_overlay_runs_the_functions_and_says_what_is_none(name: str) -> None:
    told: list[str] = []
    found = read_manifests(OVERLAYS / name, told.append)
    assert found.services.keys() == read_manifests().services.keys()
    assert "panel/panel.yaml: no function: `tapedeck panel` runs it here" in told


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kind: Service\napiVersion: serving.knative.dev/v1\nmetadata: {name: x}", "x.yaml.*spec"),
        ("kind: Trigger\napiVersion: eventing.knative.dev/v1\nspec: {}", "x.yaml.*metadata"),
        ("kind: Trigger\napiVersion: eventing.knative.dev/v1\nmetadata: {name: t}", "x.yaml.*spec"),
        ("just text", "expected objects"),
        ("a: [", "expected YAML"),
        ("\x00", "expected YAML"),
    ],
)
def test_a_manifest_that_is_no_such_object_is_named(
    tmp_path: Path, text: str, expected: str
) -> None:
    folder = folder_of(tmp_path / "base", "resources: [x.yaml]", x=text)
    with pytest.raises(ConfigError, match=expected):
        read_manifests(folder)


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
