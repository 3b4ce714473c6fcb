"""The part of kustomize that `knative/` uses: enough to test overlays where there is no kustomize.

Anything else in a kustomization is refused, so that no overlay is tested as something that it is
not; where kustomize or kubectl is there, a test compares.
"""

import copy
from pathlib import Path
from typing import Any

import yaml

Doc = dict[str, Any]
KNATIVE = Path(__file__).parents[3] / "knative"
OVERLAYS = sorted(path.name for path in (KNATIVE / "overlays").iterdir())
_KEYS = {"apiVersion", "kind", "namespace", "resources", "components", "images", "patches"}
# Tens of documents a test: libyaml reads them ten times faster, where it is there.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_BUILT_IN = {"v1", "apps/v1", "batch/v1", "policy/v1", "networking.k8s.io/v1"}


def parsed(text: str) -> list[Doc]:
    """The YAML documents of a text."""
    return list(yaml.load_all(text, _LOADER))


def documents(path: Path) -> list[Doc]:
    """The YAML documents of a file."""
    return [document for document in parsed(path.read_text()) if document]


def build(folder: Path) -> list[Doc]:
    """The manifests of a kustomization, as `kustomize build` makes them."""
    return _overlaid([], folder)


def _overlaid(held: list[Doc], folder: Path) -> list[Doc]:
    (spec,) = documents(folder / "kustomization.yaml")
    if unknown := spec.keys() - _KEYS:
        raise ValueError(f"{folder}: expected {sorted(_KEYS)}, was {sorted(unknown)}")
    for resource in spec.get("resources", []):
        path = folder / resource
        held = held + (build(path) if path.is_dir() else documents(path))
    for component in spec.get("components", []):
        held = _overlaid(held, folder / component)
    names = [key(document) for document in held]
    if len(names) != len(set(names)):
        raise ValueError(f"{folder}: expected each object once, was {names}")
    held = copy.deepcopy(held)
    for patch in spec.get("patches", []):
        _patch(held, patch, folder)
    for document in held:
        _name_images(document, spec.get("images", []))
        if namespace := spec.get("namespace"):
            place = "name" if document["kind"] == "Namespace" else "namespace"
            document["metadata"][place] = namespace
    return held


def key(document: Doc) -> tuple[str, str, str]:
    """What an object is known by within a namespace."""
    return document["apiVersion"], document["kind"], document["metadata"]["name"]


def _patch(held: list[Doc], patch: Doc, folder: Path) -> None:
    if "target" in patch:
        kind, name = patch["target"]["kind"], patch["target"]["name"]
        chosen = [d for d in held if (d["kind"], d["metadata"]["name"]) == (kind, name)]
        for document in chosen:
            for operation in yaml.safe_load(patch["patch"]):
                _operate(document, operation)
    else:
        (change,) = documents(folder / patch["path"])
        chosen = [d for d in held if key(d) == key(change)]
        for document in chosen:
            if document["apiVersion"] in _BUILT_IN:
                raise ValueError(
                    f"{patch}: kustomize merges lists of built-in kinds, this does not"
                )
            _merge(document, change)
    if not chosen:
        raise ValueError(f"{folder}: expected an object for {patch}")


def _merge(held: Doc, change: Doc) -> None:
    for name, value in change.items():
        if value is None:
            held.pop(name, None)
        elif isinstance(value, dict) and isinstance(held.get(name), dict):
            _merge(held[name], value)
        else:
            held[name] = value


def _operate(document: Any, operation: Doc) -> None:
    """One step of a JSON patch (RFC 6902)."""
    *steps, last = operation["path"].strip("/").split("/")
    for step in steps:
        document = document[int(step) if isinstance(document, list) else step]
    if operation["op"] == "add" and isinstance(document, list):
        document.insert(len(document) if last == "-" else int(last), operation["value"])
        return
    place: Any = int(last) if isinstance(document, list) else last
    if operation["op"] == "remove":
        del document[place]
    else:
        document[place] = operation["value"]


def _name_images(node: Any, images: list[Doc]) -> None:
    if isinstance(node, list):
        for item in node:
            _name_images(item, images)
    elif isinstance(node, dict):
        for container in node.get("containers", []):
            for image in images:
                if container["image"] == image["name"]:
                    container["image"] = f"{image['newName']}:{image['newTag']}"
        for value in node.values():
            _name_images(value, images)
