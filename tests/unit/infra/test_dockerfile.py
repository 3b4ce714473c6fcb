"""The Dockerfile keeps the runtime contract of a function, and what the manifests count on."""

import json
import re
import tomllib
from string import Template

import pytest
import yaml

from streams.adapters.settings import Settings
from streams.apps.serve.reading import read_manifests
from tests.unit.infra.files import COMPONENTS, DOCKERFILE, ROOT, environment, lineage, stages


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_component_is_a_target_of_its_own(component: str) -> None:
    assert component in stages()


def test_the_default_target_is_the_functions() -> None:
    assert list(stages())[-1] == "functions"


def test_every_image_of_the_manifests_is_a_target() -> None:
    named = set()
    for path in (ROOT / "knative").rglob("*.yaml"):
        named |= set(re.findall(r"image: (?:\S*/)?tapedeck-([a-z]+)", path.read_text()))
    assert named
    assert named <= stages().keys()


@pytest.mark.parametrize("component", COMPONENTS)
def test_nobody_is_root_and_the_user_is_a_number(component: str) -> None:
    users = [words for stage in lineage(component) for words in stage.of("USER")]
    assert re.fullmatch(r"([1-9]\d*):\1", users[-1])


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_final_stage_installs_nothing(component: str) -> None:
    line = lineage(component)
    steps = [words for stage in line for words in stage.of("RUN")]
    assert not [step for step in steps if re.search(r"pinned\.sh|apt|pip install|uv ", step)]
    assert any(re.search(r"pip uninstall .*\bpip\b", step) for step in steps)
    copied = [words for stage in line for words in stage.of("COPY")]
    assert copied == [f"--from={component}-packages /opt/tapedeck /opt/tapedeck"]


@pytest.mark.parametrize("component", COMPONENTS)
def test_signals_health_and_environment(component: str) -> None:
    line = lineage(component)
    assert [words for stage in line for words in stage.of("STOPSIGNAL")] == ["SIGTERM"]
    assert any(stage.of("HEALTHCHECK") for stage in line)
    seen = environment(component)
    assert seen["PYTHONDONTWRITEBYTECODE"] == seen["PYTHONUNBUFFERED"] == "1"
    assert seen["TAPEDECK_HOST"] == "0.0.0.0"
    assert seen["TAPEDECK_HOME"].startswith("/tmp/")
    known = {str(each.validation_alias) for each in Settings.model_fields.values()}
    known |= {"TAPEDECK_PANEL_PORT"}  # of the command, not of every process
    assert {name for name in seen if name.startswith("TAPEDECK_")} <= known


@pytest.mark.parametrize("component", COMPONENTS)
def test_the_health_check_is_python_that_compiles(component: str) -> None:
    (check,) = stages()[component].of("HEALTHCHECK")
    command = json.loads(check.partition("CMD ")[2])
    assert command[:2] == ["python", "-c"]
    compile(command[2], component, "exec")
    (variable,) = re.findall(r"os\.environ\['(\w+)'\]", command[2])
    assert variable in environment(component)


def test_a_function_alone_is_started_as_its_manifest_starts_it() -> None:
    seen = environment("functions")
    (command,) = map(json.loads, stages()["functions"].of("CMD"))
    words = command[-1].replace('"', "")
    for service in read_manifests().services.values():
        own = {"FUNCTION": service.name.replace("-", "_"), "THREADS": str(service.concurrency)}
        started = Template(words).substitute(seen | own)
        assert started == f"exec gunicorn {' '.join(service.args)}"


def test_every_extra_that_is_installed_exists() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = re.findall(r"--extra (\w+)", DOCKERFILE.read_text())
    assert set(named) <= project["optional-dependencies"].keys()
    assert named


def test_everything_comes_from_the_lock_with_its_hashes() -> None:
    script = (ROOT / "infra" / "pinned.sh").read_text()
    installs = [part for part in script.split("uv pip install")[1:]]
    assert all("--require-hashes" in part or '--no-deps "$1"' in part for part in installs)
    for words in (words for stage in stages().values() for words in stage.of("RUN")):
        if "pip install" in words:
            assert "--require-hashes" in words


def test_what_is_copied_is_let_through() -> None:
    let_through = {
        line[1:]
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    for stage in stages().values():
        for words in stage.of("COPY"):
            if not words.startswith("--from"):
                *sources, _ = words.split()
                assert set(sources) <= let_through
                assert all((ROOT / source).exists() for source in sources)


def test_the_packages_of_the_wheel_are_in_the_build() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    copied = " ".join(stages()["wheel"].of("COPY")).split()
    assert set(packages) <= set(copied)


def test_the_version_of_the_label_is_the_projects() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert f"VERSION={version}" in stages()["runtime"].of("ARG")


def test_the_threads_of_a_manifest_are_its_concurrency() -> None:
    for path in (ROOT / "knative" / "base" / "services").glob("*.yaml"):
        spec = yaml.safe_load(path.read_text())["spec"]["template"]["spec"]
        (container,) = spec["containers"]
        assert f"--threads={spec['containerConcurrency']}" in container["args"]
