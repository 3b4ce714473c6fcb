"""All that is checked of one manifest."""

from typing import Any

from tests.unit.knative.eventing_rules import eventing_faults
from tests.unit.knative.other_rules import other_faults
from tests.unit.knative.serving_rules import serving_faults
from tests.unit.knative.strict_schemas import GROUPS


def rule_faults(document: dict[str, Any]) -> list[str]:
    """What the webhooks would say, and what they would ignore in silence; not the schemas."""
    group = document["apiVersion"].partition("/")[0]
    if group == "serving.knative.dev":
        return list(serving_faults(document))
    if group in GROUPS:
        return list(eventing_faults(document))
    return list(other_faults(document))
