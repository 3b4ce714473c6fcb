"""What is said twice agrees: manifests with each other, with the settings and with the code."""

import re
from itertools import chain
from typing import Any

import pytest
from pydantic.fields import FieldInfo

from functions._shared import postgres
from functions.ingest.outbox import DEADLINE_SECONDS
from streams.adapters.event_catalogue import CATALOGUE
from streams.adapters.settings import Settings
from streams.adapters.topics import Topic, Topics
from streams.apps.pipelines import METRICS_PORTS, PIPELINES
from streams.apps.serve.manifests import Delivery
from streams.apps.serve.reading import read_manifests
from tests.unit.knative.building import KNATIVE, OVERLAYS, build, documents

ROOT = KNATIVE.parent
KAFKA = build(KNATIVE / "overlays" / "kafka")
BUILT = {name: build(KNATIVE / "overlays" / name) for name in OVERLAYS}
MANIFESTS = read_manifests()
# A server that is told nothing keeps three of its hundred connections for its superuser.
_CONNECTIONS = 100 - 3
_ARCHIVE = 2
"""Connections of an archive's pod, and of a job: one, and one more while that is replaced."""
_TRAINING = 1
"""A connection of a predict pod: its training child reads one symbol after the other."""


def named(kind: str, held: list[Any] = KAFKA) -> dict[str, Any]:
    return {d["metadata"]["name"]: d for d in held if d["kind"] == kind}


def containers(held: list[Any]) -> list[Any]:
    specs = (d["spec"]["template"]["spec"] for d in held if "template" in d.get("spec", {}))
    return [container for spec in specs for container in spec["containers"]]


def secret_keys(node: Any) -> set[tuple[str, str]]:
    """Every (name, key) that is referred to."""
    if isinstance(node, dict):
        ref = node.get("secretKeyRef")
        own = {(ref["name"], ref["key"])} if ref else set()
        return own.union(*(secret_keys(value) for value in node.values()))
    if isinstance(node, list):
        return set(chain.from_iterable(secret_keys(item) for item in node))
    return set()


@pytest.mark.parametrize("trigger", MANIFESTS.triggers, ids=lambda trigger: trigger.name)
class TestTrigger:
    def test_its_types_are_in_the_catalogue_and_have_a_producer(self, trigger: Any) -> None:
        caught = [kind for kind in CATALOGUE if trigger.matches(kind.example)]
        assert caught
        for kind in caught:
            assert trigger.subscriber.service in kind.receivers
            assert kind.producer
            assert (ROOT / "infra" / "schemas" / f"{kind.name}.json").is_file()
            assert kind.name.replace("_", "-") in named("EventType")

    def test_it_catches_no_reply_and_no_dead_letter_of_its_own(self, trigger: Any) -> None:
        """No function of ours replies: 202 is empty. What one posts, it must not receive."""
        subscriber = trigger.subscriber.service
        for kind in CATALOGUE:
            if trigger.matches(kind.example):
                assert f"`{subscriber}`" not in kind.producer
        assert subscriber != trigger.delivery.dead_letter.service

    def test_time_outs_nest(self, trigger: Any) -> None:
        service = MANIFESTS.services[trigger.subscriber.service]
        assert service.timeout <= trigger.delivery.timeout

    def test_back_off_outlives_an_outage_and_ends_before_a_rebalance(self, trigger: Any) -> None:
        """Kafka's dispatcher may begin with the doubled delay: both readings fit."""
        delivery: Delivery = trigger.delivery
        assert delivery.timeout is not None
        waits = sum(delivery.wait(n) for n in range(1, delivery.retry + 1))
        doubled = sum(delivery.wait(n + 1) for n in range(1, delivery.retry + 1))
        assert waits >= 60
        dead_letter = MANIFESTS.services["dead-letter"].timeout
        assert (delivery.retry + 1) * delivery.timeout + doubled + dead_letter < 300

    def test_what_is_given_up_goes_to_the_dead_letters(self, trigger: Any) -> None:
        assert trigger.delivery.dead_letter.service == "dead-letter"
        assert trigger.subscriber.service != "dead-letter"


def test_every_event_has_a_trigger_for_each_of_its_receivers() -> None:
    for kind in CATALOGUE:
        caught = [t for t in MANIFESTS.triggers if t.matches(kind.example)]
        assert sorted(t.subscriber.service or "" for t in caught) == sorted(kind.receivers)


def test_signals_stay_in_order() -> None:
    ordered = {t.name for t in MANIFESTS.triggers if t.ordered}
    assert ordered == {"notify", "aggregate"}


def test_a_handler_gives_up_before_its_proxy() -> None:
    longest = postgres._WAIT_SECONDS + postgres._STATEMENT_MS / 1_000
    for name, service in MANIFESTS.services.items():
        assert (DEADLINE_SECONDS if name == "ingest" else longest) < service.timeout


@pytest.mark.parametrize("overlay", [o for o in OVERLAYS if not o.startswith("servers")])
class TestOverlay:
    def test_every_secret_is_in_the_example(self, overlay: str) -> None:
        example = {
            (d["metadata"]["name"], key)
            for d in documents(KNATIVE / "secret.example.yaml")
            for key in d["stringData"]
        }
        assert secret_keys(BUILT[overlay]) <= example

    def test_every_variable_is_a_setting(self, overlay: str) -> None:
        fields: dict[str, FieldInfo] = Settings.model_fields
        known = {field.validation_alias for field in fields.values()}
        env = {v["name"] for c in containers(BUILT[overlay]) for v in c.get("env", [])}
        data = named("ConfigMap", BUILT[overlay]).get("tapedeck", {"data": {}})["data"]
        assert env | data.keys() <= known

    def test_every_image_is_built_by_the_dockerfile(self, overlay: str) -> None:
        targets = set(
            re.findall(r"^FROM \S+ AS (\S+)", (ROOT / "infra/Dockerfile").read_text(), re.M)
        )
        images = {
            c["image"].rpartition("/")[2].partition(":")[0] for c in containers(BUILT[overlay])
        }
        assert images
        assert {image.removeprefix("tapedeck-") for image in images} <= targets

    def test_every_object_that_is_referred_to_is_there(self, overlay: str) -> None:
        held = BUILT[overlay]
        brokers = set(named("Broker", held))
        for document in (d for d in held if d["kind"] in ("Trigger", "EventType", "SinkBinding")):
            spec = document["spec"]
            broker = spec.get("broker") or (spec.get("reference") or spec["sink"]["ref"])["name"]
            assert broker in brokers
        for binding in named("SinkBinding", held).values():
            assert binding["spec"]["subject"]["name"] in named("StatefulSet", held)


def test_the_image_runs_as_a_number_that_owns_its_volumes() -> None:
    """A cluster cannot tell that a user with a name is not root."""
    users = re.findall(r"^USER (\S+)", (ROOT / "infra/Dockerfile").read_text(), re.M)
    assert users
    assert all(re.fullmatch(r"\d+:\d+", user) for user in users)
    groups = {
        d["spec"]["template"]["spec"]["securityContext"]["fsGroup"]
        for d in named("StatefulSet").values()
    }
    assert groups == {int(user.partition(":")[2]) for user in users}


def test_ports_are_those_of_the_images() -> None:
    exposed = re.findall(r"^EXPOSE (\d+)", (ROOT / "infra/Dockerfile").read_text(), re.M)
    for document in (d for d in KAFKA if "serving" in d["apiVersion"]):
        (container,) = document["spec"]["template"]["spec"]["containers"]
        (port,) = container["ports"]
        assert str(port["containerPort"]) in exposed
        if document["metadata"]["name"] == "panel":
            assert f"--port={port['containerPort']}" in container["args"]


def test_each_pipeline_has_a_stateful_set_a_budget_and_a_scaler() -> None:
    sets, scalers = named("StatefulSet"), named("ScaledObject")
    assert set(sets) == set(PIPELINES)
    assert set(scalers) == set(PIPELINES)
    assert set(PIPELINES) <= set(named("PodDisruptionBudget"))
    for name, document in sets.items():
        (container,) = document["spec"]["template"]["spec"]["containers"]
        assert container["args"] == ["run", name]
        assert container["ports"][0]["containerPort"] == METRICS_PORTS[name]
        env = {variable["name"]: variable.get("value") for variable in container["env"]}
        assert env["TAPEDECK_METRICS_PORT"] == str(METRICS_PORTS[name])
        assert env["TAPEDECK_HOME"] in [m["mountPath"] for m in container["volumeMounts"]]
        assert scalers[name]["spec"]["scaleTargetRef"]["name"] == name


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_lag_is_that_of_the_group_and_topics_in_the_code(pipeline: str) -> None:
    spec = named("ScaledObject")[pipeline]["spec"]
    topics = {trigger["metadata"]["topic"] for trigger in spec["triggers"]}
    groups = {trigger["metadata"]["consumerGroup"] for trigger in spec["triggers"]}
    assert groups == {Topics().group(pipeline)}
    source = (ROOT / "streams" / "apps" / f"{pipeline}.py").read_text()
    for topic in topics:
        assert f"Topic.{Topic(topic).name}" in source
    assert spec["maxReplicaCount"] <= Settings().partitions


def test_policies_choose_pods_that_exist() -> None:
    templates = [
        (d["metadata"]["name"], d["spec"]["template"]["metadata"].get("labels", {}))
        for d in KAFKA
        if "template" in d.get("spec", {})
    ]
    pods = [{**labels, "serving.knative.dev/service": name} for name, labels in templates]
    for kind in ("NetworkPolicy", "PodDisruptionBudget"):
        for name, document in named(kind).items():
            selector = document["spec"].get("podSelector") or document["spec"]["selector"]
            wanted = selector.get("matchLabels", {}).items()
            assert any(wanted <= pod.items() for pod in pods), name


def panel_pool() -> int:
    texts = "".join(path.read_text() for path in (ROOT / "panel_app").glob("*.py"))
    ((size, overflow),) = re.findall(r"pool_size=(\d+), max_overflow=(\d+)", texts)
    assert texts.count("connect_engine(") == 1
    return int(size) + int(overflow)


def test_all_pools_together_fit_into_the_server() -> None:
    services = {d["metadata"]["name"]: d for d in KAFKA if "serving" in d["apiVersion"]}
    pods = {name: d["spec"]["maxReplicaCount"] for name, d in named("ScaledObject").items()}
    total = _ARCHIVE * (pods["archive"] + 1) + _TRAINING * pods["predict"]
    for name, service in services.items():
        template = service["spec"]["template"]
        (container,) = template["spec"]["containers"]
        if "DATABASE_URL" in {variable["name"] for variable in container["env"]}:
            most = int(template["metadata"]["annotations"]["autoscaling.knative.dev/max-scale"])
            total += most * (panel_pool() if name == "panel" else postgres.CONNECTIONS)
    assert total <= _CONNECTIONS
    (timescale,) = containers([named("StatefulSet", BUILT["servers"])["timescale"]])
    assert timescale["args"] == ["-c", f"max_connections={_CONNECTIONS + 3}"]


def test_on_a_kafka_broker_the_dead_letters_always_have_a_receiver() -> None:
    for overlay in ("kafka", "kafkasource"):
        (service,) = [
            d
            for d in BUILT[overlay]
            if d["metadata"]["name"] == "dead-letter" and "serving" in d["apiVersion"]
        ]
        annotations = service["spec"]["template"]["metadata"]["annotations"]
        assert annotations["autoscaling.knative.dev/min-scale"] == "1"
        assert annotations["autoscaling.knative.dev/max-scale"] == "1"


def test_a_kafka_source_delivers_what_the_pipeline_would_have() -> None:
    held = BUILT["kafkasource"]
    assert "deliver" not in named("StatefulSet", held)
    (source,) = named("KafkaSource", held).values()
    assert source["spec"]["topics"] == [Topics().name(Topic.SIGNALS)]
    assert source["spec"]["sink"]["ref"]["name"] in named("Broker", held)
    assert source["spec"]["consumers"] <= Settings().partitions
