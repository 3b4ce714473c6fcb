"""Planted faults (faults.yaml): each is found by the schemas, or by the rules beyond them."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.knative.building import KNATIVE, build
from tests.unit.knative.rules import rule_faults
from tests.unit.knative.strict_schemas import needs_crds, schema_faults

Doc = dict[str, Any]
_HELD = {
    (document["kind"], document["metadata"]["name"]): document
    for overlay in ("kafkasource", "kafka")
    for document in build(KNATIVE / "overlays" / overlay)
    if not (document["apiVersion"] == "v1" and document["kind"] == "Service")
}
_FAULTS = yaml.safe_load(Path(__file__).with_name("faults.yaml").read_text())
_BY_SCHEMA, _BY_RULES = _FAULTS["schema"], _FAULTS["rules"]


def mutated(where: str, path: str, *value: object) -> Doc:
    kind, name = where.split(" ")
    document = copy.deepcopy(_HELD[kind, name])
    place: Any = document
    *steps, last = path.split(" ")
    for step in steps:
        place = place[int(step)] if isinstance(place, list) else place.setdefault(step, {})
    at: Any = int(last) if isinstance(place, list) else last
    if value:
        place[at] = value[0]
    else:
        del place[at]
    return document


@needs_crds
@pytest.mark.parametrize("fault", _BY_SCHEMA)
def test_the_schemas_find(fault: str) -> None:
    assert schema_faults(mutated(*_BY_SCHEMA[fault]))


@pytest.mark.parametrize("fault", _BY_RULES)
def test_the_rules_find(fault: str) -> None:
    assert rule_faults(mutated(*_BY_RULES[fault]))


def test_without_a_fault_there_is_none() -> None:
    """Or the mutations above would prove nothing."""
    assert [rule_faults(document) for document in _HELD.values() if rule_faults(document)] == []
