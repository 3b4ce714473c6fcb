"""The CRDs of Knative as schemas in which an unknown field is an error.

They are read from beside the checkout, where they are; the project holds no copy.
"""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

CRDS = Path(__file__).parents[4] / "shared" / "knative" / "crds"
GROUPS = ("serving.knative.dev", "eventing.knative.dev", "sources.knative.dev")
needs_crds = pytest.mark.skipif(not CRDS.is_dir(), reason=f"Knative's CRDs are not in {CRDS}")
# Not among the CRDs at hand: fields as `sources.knative.dev/v1` documents them.
_PING_SOURCE = {
    "type": "object",
    "properties": {
        "spec": {
            "type": "object",
            "required": ["sink"],
            "properties": {
                **{
                    name: {"type": "string"}
                    for name in ("schedule", "timezone", "contentType", "data", "dataBase64")
                },
                "ceOverrides": {
                    "type": "object",
                    "properties": {"extensions": {"additionalProperties": {"type": "string"}}},
                },
                "sink": {
                    "type": "object",
                    "properties": {
                        "ref": {
                            "type": "object",
                            "required": ["apiVersion", "kind", "name"],
                            "properties": {
                                name: {"type": "string"}
                                for name in ("apiVersion", "kind", "name", "namespace")
                            },
                        },
                        "uri": {"type": "string"},
                    },
                },
            },
        }
    },
}
_METADATA = {
    "type": "object",
    "required": ["name"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "pattern": r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$"},
        "namespace": {"type": "string", "pattern": r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"},
        "annotations": {"additionalProperties": {"type": "string"}},
        "labels": {
            "additionalProperties": {
                "type": "string",
                "pattern": r"^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$",
            }
        },
    },
}


# The published schema of `delivery` leaves these out and keeps what is unknown.
_LEFT_OUT = {"delivery": {"timeout": {"type": "string"}}}


def strict(schema: Any, name: str = "") -> Any:
    """The schema with unknown fields refused wherever it names any.

    Also where it would preserve them: what is preserved is what the webhook is left to find.
    """
    if not isinstance(schema, dict):
        return schema
    made = dict(schema)
    if made.get("x-kubernetes-int-or-string"):
        return {"type": ["integer", "string"]}
    if "properties" in made:
        fields = {**made["properties"], **_LEFT_OUT.get(name, {})}
        made["properties"] = {field: strict(child, field) for field, child in fields.items()}
        made.setdefault("additionalProperties", False)
    for part in ("items", "additionalProperties"):
        if part in made:
            made[part] = strict(made[part])
    return made


@cache
def validators() -> dict[tuple[str, str], Draft202012Validator]:
    """{(apiVersion, kind): validator} of every served version."""
    found = {("sources.knative.dev/v1", "PingSource"): _validator(_PING_SOURCE)}
    for path in sorted(CRDS.glob("*/*.yaml")):
        crd = yaml.safe_load(path.read_text())
        for version in crd["spec"]["versions"]:
            name = f"{crd['spec']['group']}/{version['name']}", crd["spec"]["names"]["kind"]
            found[name] = _validator(version["schema"]["openAPIV3Schema"])
    return found


def _validator(schema: dict[str, Any]) -> Draft202012Validator:
    made = strict(schema)
    made["properties"] = {
        **made["properties"],
        "apiVersion": {"type": "string"},
        "kind": {"type": "string"},
        "metadata": _METADATA,
    }
    made["required"] = ["apiVersion", "kind", "metadata"]
    made["properties"].pop("status", None)
    return Draft202012Validator(made)


def schema_faults(document: dict[str, Any]) -> list[str]:
    """What the schema of its kind says; a kind of Knative's that has none is a fault too."""
    if document["apiVersion"].partition("/")[0] not in GROUPS:
        return []
    name = document["apiVersion"], document["kind"]
    validator = validators().get(name)
    if validator is None:
        return [f"{name[0]} {name[1]}: no such version or kind"]
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]
