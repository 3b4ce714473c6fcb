"""The compose file: everything is there, only this machine can reach it, nothing is guessed."""

import re
from typing import Any

import pytest
import yaml
from typer.core import TyperGroup as Group
from typer.main import get_command

from streams.adapters.settings import Settings
from streams.apps.serve.reading import read_manifests
from streams.cli.main import app
from tests.unit.infra.files import COMPOSE, ROOT, compose, environment, stages

SERVICES: dict[str, dict[str, Any]] = compose()["services"]
OURS = {name: each for name, each in SERVICES.items() if each["image"].startswith("tapedeck-")}
OTHERS = {name: each for name, each in SERVICES.items() if name not in OURS}
ENDED = "service_completed_successfully"
# What a service may say, by the Compose specification; a word that is misspelt is ignored there.
WORDS = {
    "build", "cap_drop", "command", "depends_on", "env_file", "environment", "healthcheck", "image",
    "init", "ports", "profiles", "read_only", "restart", "security_opt", "stop_grace_period",
    "tmpfs", "volumes",
}  # fmt: skip


def test_the_file_has_no_words_that_compose_does_not_know() -> None:
    assert compose().keys() == {"name", "services", "volumes"}
    assert {word for each in SERVICES.values() for word in each} <= WORDS


def test_everything_there_is_runs() -> None:
    pipelines = {
        words[1] for each in OURS.values() if (words := each.get("command", [""]))[0] == "run"
    }
    assert pipelines >= {"bars", "signals", "archive", "deliver"}
    started = {name for name, each in OURS.items() if "FUNCTION" in each.get("environment", {})}
    behind_the_broker = set(SERVICES["serve"]["command"][1:])
    assert started | behind_the_broker == read_manifests().services.keys()
    assert {"kafka", "timescale", "redis", "panel", "migrate", "topics"} <= SERVICES.keys()


@pytest.mark.parametrize("name", SERVICES)
def test_only_this_machine_reaches_it(name: str) -> None:
    for port in SERVICES[name].get("ports", []):
        assert re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port)


def test_no_port_is_published_twice() -> None:
    ports = [port.split(":")[1] for each in SERVICES.values() for port in each.get("ports", [])]
    assert len(ports) == len(set(ports))


@pytest.mark.parametrize("name", OURS)
def test_ours_have_the_rights_that_the_cluster_gives_them(name: str) -> None:
    service = OURS[name]
    assert service["read_only"] is True
    assert service["tmpfs"] == ["/tmp"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", OURS)
def test_ours_are_built_from_their_target(name: str) -> None:
    build = OURS[name]["build"]
    target = OURS[name]["image"].removeprefix("tapedeck-")
    assert build == {"context": "..", "dockerfile": "infra/Dockerfile", "target": target}
    assert target in stages()


@pytest.mark.parametrize("name", OURS)
def test_ours_write_only_into_a_volume_or_tmp(name: str) -> None:
    service = OURS[name]
    seen = environment(service["image"].removeprefix("tapedeck-")) | service["environment"]
    places = [volume.partition(":")[2] for volume in service.get("volumes", [])]
    assert any(seen["TAPEDECK_HOME"].startswith(place) for place in [*places, "/tmp"])


@pytest.mark.parametrize("name", OURS)
def test_settings_are_known_and_hold_no_secret(name: str) -> None:
    known = {str(each.validation_alias) for each in Settings.model_fields.values()}
    held = SERVICES[name]["environment"]
    assert held.keys() <= known | {"FUNCTION", "THREADS"}
    for value in map(str, held.values()):
        password = re.search(r"://[^:/]+:(.+)@", value)
        assert password is None or password[1] == "${POSTGRES_PASSWORD:-tapedeck}"


@pytest.mark.parametrize("name", SERVICES)
def test_what_is_waited_for_exists_and_can_say_that_it_is_there(name: str) -> None:
    for other, how in SERVICES[name].get("depends_on", {}).items():
        awaited = SERVICES[other]
        if how["condition"] == ENDED:
            assert awaited["restart"] in ("no", "on-failure")
        else:
            assert how["condition"] == "service_healthy"
            own = awaited.get("healthcheck", {})
            assert "test" in own or (other in OURS and not own)


@pytest.mark.parametrize("name", OTHERS)
def test_the_servers_are_pinned_as_in_the_cluster_and_say_whether_they_are_healthy(
    name: str,
) -> None:
    image = OTHERS[name]["image"]
    assert re.search(r":\d+\.\d+", image)
    assert OTHERS[name]["healthcheck"]["test"][0] == "CMD"
    manifests = [path.read_text() for path in (ROOT / "knative" / "servers").glob("*.yaml")]
    if image.partition(":")[0] in "".join(manifests):
        assert any(image in text for text in manifests)


def test_volumes_are_declared_and_used() -> None:
    used = {v.partition(":")[0] for each in SERVICES.values() for v in each.get("volumes", [])}
    assert used == compose()["volumes"].keys()


def test_kafka_is_announced_where_it_listens() -> None:
    kafka = SERVICES["kafka"]["environment"]
    listens = dict(re.findall(r"(\w+)://:(\d+)", kafka["KAFKA_LISTENERS"]))
    announced = dict(re.findall(r"(\w+)://([\w.:]+)", kafka["KAFKA_ADVERTISED_LISTENERS"]))
    assert announced["INSIDE"] == f"kafka:{listens['INSIDE']}"
    assert announced["OUTSIDE"] == f"127.0.0.1:{listens['OUTSIDE']}"
    assert announced["INSIDE"] == SERVICES["bars"]["environment"]["KAFKA_BOOTSTRAP_SERVERS"]
    protocols = kafka["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"]
    assert set(re.findall(r"(\w+):PLAINTEXT", protocols)) == listens.keys()


def test_deliver_posts_to_the_broker() -> None:
    port = environment("serve")["TAPEDECK_BROKER_PORT"]
    assert SERVICES["deliver"]["environment"]["K_SINK"] == f"http://serve:{port}/"


@pytest.mark.parametrize("name", [name for name, each in OURS.items() if "command" in each])
def test_the_commands_of_the_file_are_ours(name: str) -> None:
    first, *rest = SERVICES[name]["command"]
    command = get_command(app)
    assert isinstance(command, Group)
    found = command.commands[first]
    if isinstance(found, Group):
        assert rest[0] in found.commands


def test_a_function_has_as_many_threads_as_its_manifest_says() -> None:
    declared = read_manifests().services
    for service in OURS.values():
        held = environment("functions") | service["environment"]
        if "FUNCTION" in service["environment"]:
            assert int(held["THREADS"]) == declared[held["FUNCTION"]].concurrency


def test_the_file_is_one_document() -> None:
    assert len(list(yaml.safe_load_all(COMPOSE.read_text()))) == 1
