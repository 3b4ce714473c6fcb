"""The builder of these tests makes what kustomize makes."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.unit.knative.building import KNATIVE, OVERLAYS, Doc, build, key, parsed

_TOOLS = {"kustomize": ["kustomize", "build"], "kubectl": ["kubectl", "kustomize"]}
TOOL = next((command for name, command in _TOOLS.items() if shutil.which(name)), None)


def write(folder: Path, kustomization: str, **files: str) -> Path:
    head = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
    (folder / "kustomization.yaml").write_text(head + kustomization)
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)
    return folder


SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 1}]}\n"


@pytest.mark.skipif(TOOL is None, reason="neither kustomize nor kubectl is on PATH")
@pytest.mark.parametrize("folder", ["base", *(f"overlays/{name}" for name in OVERLAYS)])
def test_it_agrees_with_the_real_one(folder: str) -> None:
    assert TOOL is not None
    done = subprocess.run([*TOOL, str(KNATIVE / folder)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    real: dict[tuple[str, str, str], Doc] = {key(d): d for d in parsed(done.stdout)}
    assert {key(document): document for document in build(KNATIVE / folder)} == real


def test_what_it_does_not_know_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="namePrefix"):
        build(write(tmp_path, "namePrefix: x-\nresources: []\n"))


def test_a_patch_of_nothing_is_refused(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        "resources: [a.yaml]\npatches: [{path: b.yaml}]\n",
        a=SERVICE,
        b=SERVICE.replace("name: a", "name: b"),
    )
    with pytest.raises(ValueError, match="expected an object"):
        build(folder)


def test_lists_of_built_in_kinds_are_not_merged_otherwise(tmp_path: Path) -> None:
    folder = write(
        tmp_path, "resources: [a.yaml]\npatches: [{path: b.yaml}]\n", a=SERVICE, b=SERVICE
    )
    with pytest.raises(ValueError, match="built-in"):
        build(folder)


def test_the_same_object_twice_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path, "resources: [a.yaml, b.yaml]\n", a=SERVICE, b=SERVICE)
    with pytest.raises(ValueError, match="each object once"):
        build(folder)
