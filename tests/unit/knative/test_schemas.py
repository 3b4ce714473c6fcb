"""Every manifest of every overlay passes Knative's CRDs strictly, and the rules beyond them."""

from typing import Any

import pytest

from tests.unit.knative.building import KNATIVE, OVERLAYS, build, documents, key
from tests.unit.knative.rules import rule_faults
from tests.unit.knative.strict_schemas import needs_crds, schema_faults

BUILT = {name: build(KNATIVE / "overlays" / name) for name in OVERLAYS} | {
    "base": build(KNATIVE / "base"),
    "secrets": documents(KNATIVE / "secret.example.yaml"),
}


def faults(check: Any) -> list[str]:
    return [
        f"{overlay}: {' '.join(key(document))}: {fault}"
        for overlay, held in BUILT.items()
        for document in held
        for fault in check(document)
    ]


@needs_crds
def test_the_schemas_find_nothing() -> None:
    assert faults(schema_faults) == []


def test_the_rules_find_nothing() -> None:
    assert faults(rule_faults) == []


def test_every_file_is_part_of_an_overlay() -> None:
    """A manifest that no overlay holds is checked by nobody."""
    built = {key(document) for held in BUILT.values() for document in held}
    left_out = [
        str(path.relative_to(KNATIVE))
        for path in sorted(KNATIVE.rglob("*.yaml"))
        for document in documents(path)
        if "kustomize" not in document["apiVersion"] and key(document) not in built
    ]
    assert left_out == []


@pytest.mark.parametrize("overlay", [name for name in OVERLAYS if name != "seed"])
def test_an_overlay_is_in_one_namespace_which_it_makes(overlay: str) -> None:
    names = {document["metadata"].get("namespace") for document in BUILT[overlay]}
    assert names == {"tapedeck", None}
    without = [d["kind"] for d in BUILT[overlay] if "namespace" not in d["metadata"]]
    assert without == ["Namespace"]
